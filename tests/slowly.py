#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""slowly.py BYTES: passes its input on, BYTES at a time, with a pause now and then."""
import os
import sys
import time

size, pieces = int(sys.argv[1]), 0
while True:
    data = os.read(0, size)
    if not data:
        break
    while data:
        data = data[os.write(1, data):]
    pieces += 1
    if pieces % 16 == 0:
        time.sleep(0.004)
