/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON on a stream, written as it comes. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool one_line; /* all of it stands in one: JSON lines */
	unsigned depth;
	bool comma; /* something stands before in the object or array at hand */
};

/* Would json_text give back this text, byte for byte? */
bool json_can_hold(const char *text);

/* What stands in an object has a key, what stands in an array or alone has NULL.  All strings are borrowed for the call.
 * Nothing here fails: whether the stream took it, who owns the stream asks it. */

/* What we tell as a whole: an object is open, and has its "format" of this version.  json_end_object ends it. */
struct json json_begin(FILE *out);

/* Opens and closes a group.  A newline follows the outermost. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end_object(struct json *j);
void json_end_array(struct json *j);

/* Values.  Text that is no UTF-8 has its odd bytes replaced by U+FFFD, and comes as it is, in hex digits, as KEY_hex behind it; without a
 * key there is none, and json_texts is for what may be so.  Digits are those behind the point. */
void json_text(struct json *j, const char *key, const char *text);
/* Only what is known: NULL and "" are left out. */
void json_known(struct json *j, const char *key, const char *text);
/* An array of texts; if one of them is no UTF-8, KEY_hex is one of all of them in hex. */
void json_texts(struct json *j, const char *key, const char *const *texts, size_t count);
void json_number(struct json *j, const char *key, uint64_t v);
void json_signed(struct json *j, const char *key, int64_t v);
void json_real(struct json *j, const char *key, double v, int digits);
void json_bool(struct json *j, const char *key, bool v);

#endif
