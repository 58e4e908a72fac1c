/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tape/tapealert.h"

/* Parameters 1 to 64 of one byte each, in any order. */
static void read_parameters(struct rd *list, struct tapealert *t)
{
	while (!list->bad && rd_left(list) >= 4) {
		uint16_t n = rd_be16(list);
		rd_u8(list); /* control */
		struct span value = rd_span(list, rd_u8(list));
		if (n < 1 || n > TAPEALERT_FLAGS || value.len == 0)
			continue;
		uint64_t bit = (uint64_t)1 << (n - 1);
		t->reported |= bit;
		if (value.data[0] & 1)
			t->active |= bit;
	}
}

/* One parameter of 8 bytes; the first bit is flag 1. */
static void read_response(struct rd *list, struct tapealert *t)
{
	rd_be16(list);
	rd_u8(list);
	uint8_t len = rd_u8(list);
	uint64_t bits = rd_be64(list);
	if (list->bad || len < 8)
		return;
	t->reported = UINT64_MAX;
	for (unsigned n = 1; n <= TAPEALERT_FLAGS; n++) {
		if (bits >> (TAPEALERT_FLAGS - n) & 1)
			t->active |= (uint64_t)1 << (n - 1);
	}
}

bool tapealert_read(struct span answer, struct tapealert *t)
{
	struct rd r = rd_over(answer.data, answer.len);
	bool cut = false;
	*t = (struct tapealert){0};
	uint8_t page = rd_u8(&r) & 0x3f;
	rd_u8(&r);
	size_t len = rd_be16(&r);
	if (r.bad)
		return false;
	struct rd list = rd_announced(&r, len, &cut);
	if (page == TAPEALERT_PAGE)
		read_parameters(&list, t);
	else if (page == TAPEALERT_RESPONSE_PAGE)
		read_response(&list, t);
	return t->reported != 0;
}

#define COPY "copy what is on the cartridge, then retire it"
#define SERVICE "call service for the drive"
#define CLEAN "clean the drive"

static const struct tapealert_flag flags[TAPEALERT_FLAGS] = {
	{'W', "Read warning", "reads need many retries; nothing is lost yet", CLEAN "; try another cartridge"},
	{'W', "Write warning", "writes need many retries; the cartridge holds less", CLEAN "; try another cartridge"},
	{'W', "Hard error", "an error of reading, writing or positioning that could not be corrected stopped the operation",
	 "see flags 4, 5 and 6, which come with it"},
	{'C', "Media", "the cartridge is bad", COPY},
	{'C', "Read failure", "the tape is damaged or the drive is faulty: data cannot be read",
	 "try another drive; if it fails there, too, the tape is damaged"},
	{'C', "Write failure", "the tape is bad or the drive is faulty: data cannot be written",
	 "try another cartridge; if it fails, too, " SERVICE},
	{'W', "Media life", "the cartridge is past its rated life", COPY},
	{'W', "Not data grade", "the cartridge is not of data grade; on LTO: its servo tracks were hard to read while it was loaded",
	 COPY "; if others have it, too, suspect the drive"},
	{'C', "Write protect", "writing to a protected cartridge was tried, or writing over data in append-only mode",
	 "move its switch, append, or use another cartridge"},
	{'I', "Media removal prevented", "ejecting was refused: software has locked the cartridge in", "let that software unlock it"},
	{'I', "Cleaning media", "a cleaning cartridge is in the drive", "use a data cartridge"},
	{'I', "Unsupported format", "the cartridge's type or format is not supported, or its format is damaged",
	 "use one of the drive's generation"},
	{'C', "Recoverable mechanical cartridge failure", "the tape is snapped or cut, but can be ejected", "discard the cartridge"},
	{'C', "Unrecoverable mechanical cartridge failure", "the tape is snapped or cut, and stuck", "do not force it out; " SERVICE},
	{'W', "Cartridge memory chip failure", "the cartridge's memory is defective; it gets slower", COPY},
	{'C', "Forced eject", "the cartridge was ejected by hand while it was read or written", "the backup may be incomplete: verify it"},
	{'W', "Read-only format", "this generation of cartridge can only be read here", "write to newer cartridges"},
	{'W', "Tape directory corrupted on load", "the tape's directory is lost; searching is slow",
	 "read all data on it once to rebuild the directory"},
	{'I', "Nearing media life", "the cartridge is near the end of its rated life", "plan its replacement"},
	{'C', "Clean now", "the heads are clogged", CLEAN " before anything else"},
	{'W', "Clean periodic", "routine cleaning is due", CLEAN " when the current job has ended"},
	{'C', "Expired cleaning media", "the cleaning cartridge is used up, or too old for this drive", "use a new one"},
	{'C', "Invalid cleaning tape", "a cleaning cartridge of the wrong type", "use the right one"},
	{'W', "Retension requested", "the drive wants the tape wound once", "mt -f DEVICE retension"},
	{'W', "Multi-port interface error", "one of the drive's ports has failed", "check the cables of that port"},
	{'W', "Cooling fan failure", "a fan of the drive or its enclosure has failed", SERVICE},
	{'W', "Power supply failure", "one of several power supplies has failed", SERVICE},
	{'W', "Power consumption", "outside of its specification", SERVICE},
	{'W', "Drive preventive maintenance", "maintenance (not cleaning) is due", SERVICE},
	{'C', "Hardware A", "a fault that a reset may recover", "eject the cartridge, reset the drive"},
	{'C', "Hardware B", "a fault that needs the power switched off and on", "switch the drive off and on; else " SERVICE},
	{'W', "Primary interface", "a fault of the interface to the host", "check cables and the host adapter"},
	{'C', "Eject media", "the operation failed", "eject the cartridge, load it again, repeat"},
	{'W', "Microcode update failed", "the firmware image was wrong or bad", "get the right one"},
	{'W', "Drive humidity", "out of range", "check the air"},
	{'W', "Drive temperature", "out of range", "check the cooling"},
	{'W', "Drive voltage", "out of range", "check the power supply"},
	{'C', "Predictive failure", "the drive expects to fail", SERVICE},
	{'W', "Diagnostics required", "the drive wants its extended diagnostics run", "run them with the vendor's tool"},
	{'C', "Loader hardware A (obsolete)", "the changer cannot talk to the drive", "reset both"},
	{'C', "Loader stray tape (obsolete)", "a cartridge was left in the loader", "take it out by the manual"},
	{'W', "Loader hardware B (obsolete)", "a fault of the loader's mechanism", "call service for the loader"},
	{'C', "Loader door (obsolete)", "the door is open", "close it"},
	{'C', "Loader hardware C (obsolete)", "a fault of the loader that is not mechanical", "reset it; else call service"},
	{'C', "Loader magazine (obsolete)", "the magazine is missing", "insert it"},
	{'W', "Loader predictive failure (obsolete)", "the loader expects to fail", "call service for the loader"},
	{'W', "External encryption: communication", "the drive cannot reach the library or key manager for a key",
	 "check that path; the method can be switched to application managed"},
	{'W', "External encryption: key manager", "the key manager answered with an error", "look at its log"},
	{'W', "Diminished native capacity", "the medium offers less than its nominal capacity", "plan its replacement"},
	{'W', "Lost statistics", "statistics of the medium were lost (power off with a tape in the drive)", "no harm to data"},
	{'W', "Tape directory invalid at unload", "the directory could not be written",
	 "read all data on it once to rebuild the directory"},
	{'C', "Tape system area write failure", "the tape's own log could not be written", COPY},
	{'C', "Tape system area read failure", "the tape's own log could not be read at load", COPY},
	{'C', "No start of data", "damaged, bulk-erased, or of another format", "check that it is the right cartridge; it may be lost"},
	{'C', "Loading or threading failure", "the tape cannot be loaded or threaded", "try another cartridge; if it fails, too, " SERVICE},
	{'C', "Unrecoverable unload failure", "the cartridge is stuck", "do not force it out; " SERVICE},
	{'C', "Automation interface failure", "the link between library and drive failed", "check the library"},
	{'W', "Microcode failure", "the drive reset itself after a fault of its firmware", "load keys again; update the firmware"},
	{'W', "WORM volume integrity check failed", "a WORM cartridge may have been tampered with", "verify what is on it"},
	{'W', "WORM overwrite attempted", "writing over data of a WORM cartridge was tried", "append, or use another cartridge"},
	{'W', "Encryption policy violation", "IBM: the policy of encryption was broken (others: reserved)",
	 "see the library's encryption policy"},
	{'-', "Reserved", "no meaning is defined", "see the vendor's manual"},
	{'-', "Reserved", "no meaning is defined", "see the vendor's manual"},
	{'-', "Reserved", "no meaning is defined", "see the vendor's manual"},
};

const struct tapealert_flag *tapealert_flag(unsigned n)
{
	return &flags[n - 1];
}

const char *tapealert_severity(char severity)
{
	switch (severity) {
	case 'C': return "critical";
	case 'W': return "warning";
	case 'I': return "information";
	default: return "reserved";
	}
}
