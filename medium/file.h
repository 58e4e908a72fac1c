/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses that are bytes: what struct medium says of end, files, place and address. */
#ifndef MEDIUM_FILE_H
#define MEDIUM_FILE_H

#include <stddef.h>
#include <stdint.h>

struct medium_input;

uint64_t file_end(uint64_t addr, uint64_t len);
uint64_t file_files(uint64_t addr);
uint64_t file_near_end(const struct medium_input *in, uint64_t bytes);
void file_place(uint64_t addr, uint32_t offset, char *text, size_t text_bytes);
void file_address(uint64_t addr, char *text, size_t text_bytes);

#endif
