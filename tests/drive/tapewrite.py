# SPDX-License-Identifier: GPL-3.0-or-later
"""tapewrite.py VOLUME DEVICE label|data - writes a volume's label block, or what is behind it, block by block as a
storage daemon does (each padded to 1024)."""
import os
import struct
import sys

volume = open(sys.argv[1], "rb").read()
fd = os.open(sys.argv[2], os.O_WRONLY)
at, number = 0, 0
while at + 8 <= len(volume):
    length = struct.unpack(">I", volume[at + 4:at + 8])[0]
    block = volume[at:at + length]
    if (number == 0) == (sys.argv[3] == "label"):
        os.write(fd, block + b"\0" * (-length % 1024))
    at += length
    number += 1
os.close(fd)
