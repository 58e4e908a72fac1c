/* SPDX-License-Identifier: GPL-3.0-or-later */
#define MSG_SIMPLE_Q_TAG 0x20
