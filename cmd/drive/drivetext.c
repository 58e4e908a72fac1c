/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/drive/drivetext.h"

#include "base/hex.h"
#include "cmd/drive/cartridgetext.h"
#include "tape/keyload.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *pick(const char *const *texts, size_t count, unsigned i, const char *other)
{
	return i < count && texts[i] ? texts[i] : other;
}

static void line(const char *label, const char *text)
{
	printf("  %-21s %s\n", label, text);
}

/* ---- key-associated data ---- */

static bool is_text(const struct scsi_kad *k)
{
	for (uint16_t i = 0; i < k->len; i++) {
		if (k->data[i] < 0x20 || k->data[i] > 0x7e)
			return false;
	}
	return k->len > 0;
}

static const char *authenticated(uint8_t value)
{
	static const char *const texts[] = {NULL, "not covered by authentication", "authentication not tried", "authenticated",
					    "AUTHENTICATION FAILED"};
	return pick(texts, COUNT(texts), value, NULL);
}

void drivetext_kads(const char *label, const struct scsi_kads *kads)
{
	for (unsigned i = 0; i < kads->count; i++) {
		const struct scsi_kad *k = &kads->kads[i];
		const char *name = scsi_kad_name(k->type), *proof = authenticated(k->authenticated);
		char digits[2 * SCSI_KAD_MAX_BYTES + 1];
		hex_text(k->data, k->len, digits);
		printf("  %-21s ", label);
		if (name)
			printf("%s ", name);
		else
			printf("type %u ", k->type);
		if (is_text(k))
			printf("\"%.*s\"", k->len, (const char *)k->data);
		else
			printf("%s%s", k->len ? "hex " : "empty", digits);
		printf("%s%s%s\n", proof ? " (" : "", proof ? proof : "", proof ? ")" : "");
	}
	if (kads->unordered)
		line(label, "(not in the order that the standard wants)");
	if (kads->cut)
		line(label, "(the drive announces more than it sends)");
}

/* ---- pages ---- */

static const char *algorithm_text(uint8_t index, const struct scsi_capabilities *c, char *text, size_t room)
{
	const struct scsi_algorithm *a = c ? scsi_find_algorithm(c, index) : NULL;
	const char *name = a ? scsi_algorithm_name(a->code) : NULL;
	if (name)
		snprintf(text, room, "%s (algorithm %u)", name, index);
	else if (a)
		snprintf(text, room, "algorithm %u (code %08x)", index, a->code);
	else
		snprintf(text, room, "algorithm %u", index);
	return text;
}

static const char *const method_texts[] = {
	"not reported (a drive that does not tell takes keys from the application)",
	"application (keys come from this host)",
	"drive (nobody else may set keys)",
	"library (keys come from the library or a key manager; none can be loaded here)",
	"appliance (keys come from a management interface; none can be loaded here)",
};
static const char *const scope_texts[] = {"public", "this initiator", "all initiators"};

void drivetext_status(const struct scsi_status *s, const struct scsi_capabilities *c)
{
	static const char *const writing[] = {"in clear", "by external encryption", "encrypted"};
	static const char *const reading[] = {"clear blocks; encrypted ones fail", "raw: encrypted blocks as they are stored",
					      "encrypted blocks only; clear ones fail", "encrypted and clear blocks (mixed)"};
	bool on = s->encryption != 0 || s->decryption != 0;
	char name[96], text[160];
	line("encryption method:", pick(method_texts, COUNT(method_texts), s->control, "of a kind that is not known here"));
	algorithm_text(s->algorithm, c, name, sizeof name);
	snprintf(text, sizeof text, "%s%s%s", pick(writing, COUNT(writing), s->encryption, "in an unknown mode"),
		 s->encryption == 2 ? ", " : "", s->encryption == 2 ? name : "");
	line("writes:", text);
	line("reads:", pick(reading, COUNT(reading), s->decryption, "in an unknown mode"));
	snprintf(text, sizeof text, "%s", on ? "loaded" : "none");
	if (on)
		snprintf(text, sizeof text, "loaded, for %s, set for %s",
			 pick(scope_texts, COUNT(scope_texts), s->key_scope, "an unknown scope"),
			 pick(scope_texts, COUNT(scope_texts), s->nexus_scope, "an unknown scope"));
	line("key:", text);
	snprintf(text, sizeof text, "%u", s->counter);
	line("key instance counter:", text);
	drivetext_kads("key descriptor:", &s->kads);
	if (s->rdmd)
		line("raw reading:", "blocks are marked as not to be read raw");
	if (s->ceems > 1)
		line("external check:", s->ceems == 2 ? "fails on blocks encrypted externally" : "fails on blocks encrypted by the drive");
	line("encrypted blocks:", s->vcelb ? "the volume has some" : "not reported on this volume");
}

static const char *const block_texts[] = {
	"not known (the drive cannot tell)",
	"not known at this time",
	"no block here (a file mark, the end of data, or no tape)",
	"clear",
	"encrypted, by an algorithm that this drive does not have",
	"encrypted, and the key in the drive opens it",
	"encrypted, and its key is missing or another one is in the drive",
};
static const char *const compression_texts[] = {"unknown", "unknown at this time", "no block here", "not compressed", "compressed"};

void drivetext_next_block(const struct scsi_next_block *b, const struct scsi_capabilities *c)
{
	char text[200], name[96];
	bool named = b->encryption == SCSI_BLOCK_OTHER_ALGORITHM || b->encryption == SCSI_BLOCK_DECRYPTABLE ||
		     b->encryption == SCSI_BLOCK_LOCKED;
	snprintf(text, sizeof text, "%llu: %s%s%s", (unsigned long long)b->object,
		 pick(block_texts, COUNT(block_texts), b->encryption, "in an unknown state"), named ? "; " : "",
		 named ? algorithm_text(b->algorithm, c, name, sizeof name) : "");
	line("next block:", text);
	if (b->compression >= 3)
		line("its compression:", pick(compression_texts, COUNT(compression_texts), b->compression, "in an unknown state"));
	drivetext_kads("its descriptor:", &b->kads);
	if (b->rdmds)
		line("raw reading:", "this block is not to be read raw");
	if (b->emes)
		line("external:", "this block was encrypted externally");
}

static const char *hardness(uint8_t value)
{
	static const char *const texts[] = {"no", "software", "hardware", "external"};
	return texts[value & 3];
}

void drivetext_capabilities(const struct scsi_capabilities *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		const struct scsi_algorithm *a = &c->algorithms[i];
		const char *name = scsi_algorithm_name(a->code);
		static const char *const raw[] = {NULL,         "not allowed", NULL, NULL, "off unless asked for", "on unless forbidden",
						  "always off", "always on"};
		char number[16];
		snprintf(number, sizeof number, "algorithm %u:", a->index);
		printf("  %-21s %s%s(%08x), %u-byte keys, encrypts: %s, decrypts: %s\n", number, name ? name : "", name ? " " : "code ",
		       a->code, a->key_bytes, hardness(a->encrypt), hardness(a->decrypt));
		printf("  %-21s %s; key descriptor: ", "",
		       a->valid_for_volume ? "valid for the medium in the drive" : "not reported as valid for a medium in the drive");
		if (a->kads == 2 || a->ukad_max == 0)
			printf("none");
		else
			printf("%s%u bytes%s", a->ukad_fixed ? "exactly " : "up to ", a->ukad_max, a->kads == 1 ? ", required" : "");
		printf("%s%s\n", a->raw < COUNT(raw) && raw[a->raw] ? "; raw reading: " : "",
		       a->raw < COUNT(raw) && raw[a->raw] ? raw[a->raw] : "");
	}
	if (c->count == 0)
		line("algorithms:", "none");
	if (c->cut)
		line("algorithms:", "(the drive announces more than it sends)");
	if (c->config == 2)
		line("configuration:", "this host may not set encryption (CFG_P 2)");
}

void drivetext_management(const struct scsi_management *m)
{
	char text[120];
	snprintf(text, sizeof text, "%s%s%s%s%s%s%s", m->ckod ? "clear on demount, " : "", m->lock ? "lock, " : "",
		 m->ckorp ? "clear on preemption, " : "", m->ckorl ? "clear on lost reservation, " : "", m->all_nexus ? "scope all, " : "",
		 m->local ? "scope local, " : "", m->public ? "scope public, " : "");
	size_t n = strlen(text);
	if (n >= 2)
		text[n - 2] = '\0';
	line("can also:", n >= 2 ? text : "nothing");
}

/* ---- the report ---- */

static void print_identity(const struct drivetext_report *r)
{
	const struct drive_identity *id = &r->id;
	char text[300];
	printf("%s\n", r->device);
	snprintf(text, sizeof text, "%s %s, firmware %s%s%s%s%s", id->device.vendor, id->device.product, id->device.revision,
		 id->serial[0] ? ", serial number " : "", id->serial, id->identity[0] ? ", " : "", id->identity);
	line("drive:", text);
	if (r->ready != DRIVE_READY) {
		line("cartridge:", r->ready == DRIVE_NO_MEDIUM ? "none" : "not ready yet");
		return;
	}
	const struct drive_medium *m = &r->medium;
	snprintf(text, sizeof text, "%s%s%s%s%s%s", m->format ? m->format : "of unknown format", m->barcode[0] ? ", barcode " : "",
		 m->barcode, m->serial[0] ? ", serial number " : "", m->serial, m->write_protected ? ", write protected" : "");
	line("cartridge:", text);
	cartridgetext_print(&r->cartridge, m);
}

void drivetext_print(const struct drivetext_report *r)
{
	print_identity(r);
	if (!r->encrypts) {
		line("encryption method:", "none (this drive has no tape data encryption)");
		return;
	}
	const struct scsi_capabilities *c = r->has_capabilities ? &r->capabilities : NULL;
	drivetext_status(&r->status, c);
	if (r->has_next)
		drivetext_next_block(&r->next, c);
	else
		line("next block:",
		     r->ready == DRIVE_READY ? "not told (a blank tape, or a drive that cannot)" : "none, without a cartridge");
	if (c)
		drivetext_capabilities(c);
	else
		line("algorithms:", "not listed");
	if (r->has_management)
		drivetext_management(&r->management);
}

/* ---- JSON ---- */

static void json_kads(struct json *j, const struct scsi_kads *kads)
{
	json_array(j, "kads");
	for (unsigned i = 0; i < kads->count; i++) {
		const struct scsi_kad *k = &kads->kads[i];
		char text[2 * SCSI_KAD_MAX_BYTES + 1];
		json_object(j, NULL);
		json_number(j, "type", k->type);
		if (scsi_kad_name(k->type))
			json_text(j, "name", scsi_kad_name(k->type));
		json_number(j, "authenticated", k->authenticated);
		hex_text(k->data, k->len, text);
		json_text(j, "hex", text);
		if (is_text(k)) {
			snprintf(text, sizeof text, "%.*s", k->len, (const char *)k->data);
			json_text(j, "text", text);
		}
		json_end_object(j);
	}
	json_end_array(j);
}

static void json_status(struct json *j, const struct scsi_status *s)
{
	static const char *const encryption[] = {"disabled", "external", "encrypt"};
	static const char *const decryption[] = {"disabled", "raw", "decrypt", "mixed"};
	json_object(j, "status");
	json_text(j, "method", keyload_method(s->control));
	json_number(j, "parameters_control", s->control);
	json_text(j, "encryption_mode", pick(encryption, COUNT(encryption), s->encryption, "unknown"));
	json_text(j, "decryption_mode", pick(decryption, COUNT(decryption), s->decryption, "unknown"));
	json_number(j, "algorithm_index", s->algorithm);
	json_number(j, "key_instance_counter", s->counter);
	json_number(j, "nexus_scope", s->nexus_scope);
	json_number(j, "key_scope", s->key_scope);
	json_bool(j, "volume_contains_encrypted_blocks", s->vcelb);
	json_number(j, "check_external_encryption_mode", s->ceems);
	json_bool(j, "raw_decryption_mode_disabled", s->rdmd);
	json_number(j, "kad_format", s->kad_format);
	json_kads(j, &s->kads);
	json_end_object(j);
}

static void json_next_block(struct json *j, const struct scsi_next_block *b)
{
	static const char *const states[] = {"unknown", "unknown now", "no block", "clear", "other algorithm", "decryptable", "locked"};
	static const char *const compression[] = {"unknown", "unknown now", "no block", "uncompressed", "compressed"};
	json_object(j, "next_block");
	json_number(j, "object", b->object);
	json_text(j, "encryption", pick(states, COUNT(states), b->encryption, "reserved"));
	json_number(j, "encryption_status", b->encryption);
	json_text(j, "compression", pick(compression, COUNT(compression), b->compression, "reserved"));
	json_number(j, "algorithm_index", b->algorithm);
	json_bool(j, "raw_decryption_mode_disabled", b->rdmds);
	json_bool(j, "external", b->emes);
	json_number(j, "kad_format", b->kad_format);
	json_kads(j, &b->kads);
	json_end_object(j);
}

static void json_algorithm(struct json *j, const struct scsi_algorithm *a)
{
	char code[16];
	snprintf(code, sizeof code, "%08x", a->code);
	json_object(j, NULL);
	json_number(j, "algorithm_index", a->index);
	json_text(j, "code", code);
	if (scsi_algorithm_name(a->code))
		json_text(j, "name", scsi_algorithm_name(a->code));
	json_bool(j, "valid_for_volume", a->valid_for_volume);
	json_text(j, "encrypts", hardness(a->encrypt));
	json_text(j, "decrypts", hardness(a->decrypt));
	json_number(j, "key_bytes", a->key_bytes);
	json_number(j, "ukad_max", a->ukad_max);
	json_bool(j, "ukad_fixed", a->ukad_fixed);
	json_number(j, "akad_max", a->akad_max);
	json_number(j, "kads", a->kads);
	json_number(j, "raw_decryption_mode_control", a->raw);
	json_bool(j, "tells_encrypted_blocks", a->vcelb);
	json_end_object(j);
}

static void json_encryption(struct json *j, const struct drivetext_report *r)
{
	json_status(j, &r->status);
	if (r->has_next)
		json_next_block(j, &r->next);
	if (r->has_capabilities) {
		json_number(j, "configuration_prevented", r->capabilities.config);
		json_array(j, "algorithms");
		for (unsigned i = 0; i < r->capabilities.count; i++)
			json_algorithm(j, &r->capabilities.algorithms[i]);
		json_end_array(j);
	}
	if (r->has_management) {
		json_object(j, "management");
		json_bool(j, "lock", r->management.lock);
		json_bool(j, "clear_on_demount", r->management.ckod);
		json_bool(j, "clear_on_reservation_preempt", r->management.ckorp);
		json_bool(j, "clear_on_reservation_loss", r->management.ckorl);
		json_end_object(j);
	}
}

void drivetext_json(const struct drivetext_report *r)
{
	static const char *const ready[] = {"ready", "no medium", "not ready"};
	struct json j = json_begin(stdout);
	json_text(&j, "device", r->device);
	json_text(&j, "vendor", r->id.device.vendor);
	json_text(&j, "product", r->id.device.product);
	json_text(&j, "revision", r->id.device.revision);
	json_known(&j, "serial", r->id.serial);
	json_known(&j, "identity", r->id.identity);
	json_text(&j, "medium", ready[r->ready]);
	if (r->ready == DRIVE_READY) {
		json_known(&j, "medium_format", r->medium.format);
		json_known(&j, "barcode", r->medium.barcode);
		json_known(&j, "medium_serial", r->medium.serial);
		json_bool(&j, "write_protected", r->medium.write_protected);
		cartridgetext_json(&j, &r->cartridge, &r->medium);
	}
	json_text(&j, "method", r->encrypts ? keyload_method(r->status.control) : "none");
	if (r->encrypts)
		json_encryption(&j, r);
	json_end_object(&j);
}

/* ---- bscrypto ---- */

/* A line is left out where bscrypto has no word for the value; so does bscrypto. */
static void bscrypto_line(const char *label, const char *text)
{
	if (text)
		printf("   %s%s\n", label, text);
}

#define ENABLED(flag) ((flag) ? "Enabled" : "Disabled")

/* bscrypto takes the KAD format for a key format; scripts that read it know. */
static const char *bscrypto_kad(uint8_t format)
{
	static const char *const texts[] = {"Normal key", "Vendor-specific reference", "Wrapped public key", "Key using ESP-SCSI"};
	return pick(texts, COUNT(texts), format, NULL);
}

void drivetext_bscrypto_status(const struct scsi_status *s)
{
	static const char *const encryption[] = {"Disabled", "External", "Encrypt"};
	static const char *const decryption[] = {"Disabled", "Raw", "Decrypt", "Mixed"};
	static const char *const ceems[] = {NULL, "No", "External", "Encrypt"};
	static const char *const control[] = {"No report", "Application Managed", "Drive Managed",
					      "Library/Key Management Appliance Managed", "Unsupported"};
	puts("Drive encryption status:");
	bscrypto_line("Encryption Mode: ", pick(encryption, COUNT(encryption), s->encryption, NULL));
	bscrypto_line("Decryption Mode: ", pick(decryption, COUNT(decryption), s->decryption, NULL));
	bscrypto_line("Raw Decryption Mode Disabled (RDMD): ", ENABLED(s->rdmd));
	bscrypto_line("Check External Encryption Mode Status (CEEMS) : ", pick(ceems, COUNT(ceems), s->ceems, NULL));
	bscrypto_line("Volume Contains Encrypted Logical Blocks (VCELB): ", ENABLED(s->vcelb));
	bscrypto_line("Logical Block encryption parameters: ", pick(control, COUNT(control), s->control, NULL));
	if (s->encryption != 0 && s->decryption != 0)
		bscrypto_line("Key Associated Data (KAD) Descriptor: ", bscrypto_kad(s->kad_format));
}

void drivetext_bscrypto_volume(const struct scsi_next_block *b)
{
	static const char *const compression[] = {"Unknown", "Unavailable", "Illegal logical block", "Compression Disabled",
						  "Compression Enabled"};
	static const char *const encryption[] = {"Unknown",
						 "Unavailable",
						 "Illegal logical block",
						 "Encryption Disabled",
						 "Encryption Enabled but with non supported algorithm",
						 "Encryption Enabled",
						 "Encryption Enabled but no valid key available for decryption"};
	puts("Volume encryption status:");
	bscrypto_line("Compression Status: ", pick(compression, COUNT(compression), b->compression, NULL));
	bscrypto_line("Encryption Status: ", pick(encryption, COUNT(encryption), b->encryption, NULL));
	bscrypto_line("Raw Decryption Mode Disabled Status (RDMDS): ", ENABLED(b->rdmds));
	bscrypto_line("Encryption Mode External Status (EMES): ", ENABLED(b->emes));
	if (b->encryption == SCSI_BLOCK_DECRYPTABLE)
		bscrypto_line("Next Block Key Associated Data (KAD) Descriptor: ", bscrypto_kad(b->kad_format));
}
