/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long something takes, whatever the clock on the wall does meanwhile. */
#ifndef BASE_ELAPSED_H
#define BASE_ELAPSED_H

#include <time.h>

/* Seconds since began, which CLOCK_MONOTONIC has told. */
static inline double elapsed_since(const struct timespec *began)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) / 1e9;
}

#endif
