/* SPDX-License-Identifier: GPL-3.0-or-later */
int ioctl(int fildes, int request, ...);
