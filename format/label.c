/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "format/label.h"

#include <stdio.h>
#include <stdlib.h>

bool label_is_volume(int32_t file_index)
{
	return file_index == LABEL_PRE || file_index == LABEL_VOLUME;
}

static void read_name(struct rd *r, char *out, size_t out_bytes)
{
	snprintf(out, out_bytes, "%s", rd_string(r));
}

/* VerNum >= 11: two i64 and two f64 that are zero; before that, four f64. */
static int64_t read_time(struct rd *r, uint32_t version)
{
	uint64_t v = rd_be64(r);
	return version >= 11 ? (int64_t)v : 0;
}

bool label_id_is_bareos(const char *id)
{
	return strncmp(id, "Bareos", 6) == 0;
}

bool label_id_is_bacula(const char *id)
{
	return strncmp(id, "Bacula", 6) == 0;
}

bool label_read_volume(struct span data, struct volume_label *label)
{
	*label = (struct volume_label){0};
	struct rd r = rd_over(data.data, data.len);
	read_name(&r, label->id, sizeof label->id);
	label->version = rd_be32(&r);
	label->label_time = read_time(&r, label->version);
	label->write_time = read_time(&r, label->version);
	rd_bytes(&r, 16);
	read_name(&r, label->volume, sizeof label->volume);
	rd_string(&r); /* PrevVolumeName: always empty, volume-format.md 3.2 */
	read_name(&r, label->pool, sizeof label->pool);
	rd_string(&r); /* PoolType */
	read_name(&r, label->media_type, sizeof label->media_type);
	read_name(&r, label->host, sizeof label->host);
	read_name(&r, label->program, sizeof label->program);
	read_name(&r, label->program_version, sizeof label->program_version);
	read_name(&r, label->program_date, sizeof label->program_date);
	if (r.bad)
		return false;
	rd_string(&r); /* AlignedVolumeName */
	rd_bytes(&r, 16);
	label->block_size = rd_be32(&r);
	return true;
}

/* No daemon makes another one; as the name of a file it could lead elsewhere. */
static const char *name_fault(const char *name)
{
	if (name[0] == '\0')
		return "the volume label has no Volume Name";
	if (strlen(name) >= LABEL_NAME_BYTES)
		return "the Volume Name in the label is too long";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "the Volume Name in the label cannot be one";
	for (const char *c = name; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '/')
			return "the Volume Name in the label has characters that none can have";
	}
	return NULL;
}

bool label_names_volume(const char *name)
{
	return name_fault(name) == NULL;
}

bool label_director_allows(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.-_/";
	return *name && strlen(name) < LABEL_NAME_BYTES && name[strspn(name, allowed)] == '\0';
}

static const char *identity_fault(const struct volume_label *label)
{
	bool bareos = strcmp(label->id, "Bareos 2.0 immortal\n") == 0, bacula = strcmp(label->id, "Bacula 1.0 immortal\n") == 0;
	if (label_special_kind(label) == NULL && !bareos && !bacula)
		return "the volume label bears the id of no product";
	/* Bareos 22 and older write Bacula's. */
	bool known = bareos ? label->version == 20 : label->version >= 9 && label->version <= 11;
	return (bareos || bacula) && !known ? "the volume label has a version that no product writes with its id" : NULL;
}

const char *label_volume_fault(struct span data)
{
	struct volume_label label;
	if (!label_read_volume(data, &label))
		return "the volume label ends too early";
	const char *fault = identity_fault(&label);
	if (fault)
		return fault;
	struct rd r = rd_over(data.data, data.len);
	rd_string(&r);
	rd_bytes(&r, 4 + 32);
	return name_fault(rd_string(&r));
}

bool label_read_session(struct span data, bool end, struct session_label *label)
{
	*label = (struct session_label){0};
	struct rd r = rd_over(data.data, data.len);
	read_name(&r, label->id, sizeof label->id);
	label->version = rd_be32(&r);
	label->job_id = rd_be32(&r);
	label->time = read_time(&r, label->version);
	rd_bytes(&r, 8);
	read_name(&r, label->pool, sizeof label->pool);
	read_name(&r, label->pool_type, sizeof label->pool_type);
	read_name(&r, label->job_name, sizeof label->job_name);
	read_name(&r, label->client, sizeof label->client);
	if (label->version >= 10) {
		read_name(&r, label->job, sizeof label->job);
		read_name(&r, label->fileset, sizeof label->fileset);
		label->type = rd_be32(&r);
		label->level = rd_be32(&r);
	}
	if (label->version >= 11)
		read_name(&r, label->fileset_md5, sizeof label->fileset_md5);
	if (!end)
		return !r.bad;

	label->totals_at = (size_t)(r.p - data.data);
	label->job_files = rd_be32(&r);
	label->job_bytes = rd_be64(&r);
	label->start_block = rd_be32(&r);
	label->end_block = rd_be32(&r);
	label->start_file = rd_be32(&r);
	label->end_file = rd_be32(&r);
	label->errors = rd_be32(&r);
	if (label->version >= 11)
		label->status = rd_be32(&r);
	label->has_totals = !r.bad;
	return !r.bad;
}

const char *label_contradiction(const struct session_label *start, const struct session_label *end)
{
	const struct {
		const char *a, *b, *what;
	} texts[] = {
		{start->job, end->job, "Job"},
		{start->job_name, end->job_name, "job name"},
		{start->client, end->client, "client"},
		{start->fileset, end->fileset, "FileSet"},
		{start->fileset_md5, end->fileset_md5, "MD5 of the FileSet"},
		{start->pool, end->pool, "pool"},
		{start->pool_type, end->pool_type, "pool type"},
		{start->id, end->id, "label id"},
	};
	if (start->job_id != end->job_id)
		return "JobId";
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (strcmp(texts[i].a, texts[i].b) != 0)
			return texts[i].what;
	}
	return start->type != end->type ? "job type" : start->version != end->version ? "label version" : NULL;
}

void label_patch_totals(uint8_t *data, size_t len, const struct session_label *label)
{
	struct wr w = wr_over(data + label->totals_at, len - label->totals_at);
	wr_be32(&w, label->job_files);
	wr_be64(&w, label->job_bytes);
	wr_be32(&w, label->start_block);
	wr_be32(&w, label->end_block);
	wr_be32(&w, label->start_file);
	wr_be32(&w, label->end_file);
}

/* "Ver. 22.0.1 ..." -> 22; 0 if it says nothing. */
static long program_major(const char *version)
{
	while (*version && (*version < '0' || *version > '9'))
		version++;
	return strtol(version, NULL, 10);
}

enum product label_product(const struct volume_label *label, unsigned block_version)
{
	long major = program_major(label->program_version);
	if (label_id_is_bareos(label->id))
		return major > 0 && major <= 22 ? PRODUCT_BAREOS_22 : PRODUCT_BAREOS;
	return block_version < 3 && major >= 16 ? PRODUCT_BAREOS_22 : PRODUCT_BACULA;
}

const char *label_special_kind(const struct volume_label *label)
{
	static const struct {
		const char *id, *kind;
	} special[] = {
		{"Bacula 1.0 Metadata\n", "aligned metadata"},
		{"Bacula 1.0 Aligned Data\n", "aligned data"},
		{"Bacula 1.0 Dedup Metadata\n", "dedup metadata"},
		{"Bacula 1.0 S3 Cloud Data\n", LABEL_CLOUD_KIND},
	};
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
		if (strncmp(label->id, special[i].id, sizeof label->id - 1) == 0)
			return special[i].kind;
	}
	return NULL;
}
