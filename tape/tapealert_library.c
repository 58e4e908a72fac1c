/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TapeAlert of medium changers: the same page, other meanings.  formats/sense-and-alerts.md 5.2. */
#include "tape/tapealert.h"

#define SERVICE "call service for the library"
#define CARTRIDGE "look at the cartridge and its place; nothing is to be done if it stays at this one"
#define CLIMATE "check the air, and the library's fans"

static const struct tapealert_flag flags[] = {
	{'C', "Library hardware A", "the library cannot talk to one of its drives",
	 "restart the library; check the drive's cables; else " SERVICE},
	{'W', "Library hardware B", "a fault of its mechanism", SERVICE},
	{'C', "Library hardware C", "a fault that a reset may recover", "reset the library, repeat the operation; else " SERVICE},
	{'C', "Library hardware D", "a fault that is not mechanical, or that needs the power switched off and on",
	 "switch the library off and on; else " SERVICE},
	{'W', "Library diagnostics required", "the library wants its diagnostics run", "run them at its panel"},
	{'C', "Library interface", "a fault of the interface to the host", "check cables and the host adapter"},
	{'W', "Failure prediction", "the library expects to fail", SERVICE},
	{'W', "Library maintenance", "maintenance is due", SERVICE},
	{'C', "Library humidity limits", "out of range", CLIMATE},
	{'C', "Library temperature limits", "out of range", CLIMATE},
	{'C', "Library voltage limits", "out of range", "check the power supply"},
	{'C', "Library stray tape", "a cartridge was left in the robot", "take it out by the manual, take the inventory anew"},
	{'W', "Library pick retry", "the robot needed more than one try to take a cartridge", CARTRIDGE},
	{'W', "Library place retry", "the robot needed more than one try to put a cartridge in its place", CARTRIDGE},
	{'W', "Library load retry", "a drive needed more than one try to load", "look at this cartridge and this drive"},
	{'C', "Library door", "a door is open", "close it"},
	{'C', "Library mailslot", "a mechanical fault of the mail slot", "clear it by the manual; else " SERVICE},
	{'C', "Library magazine", "a magazine is missing", "insert it"},
	{'W', "Library security", "a door was opened while the library worked", "look who did it; take the inventory anew"},
	{'I', "Library security mode", "the security mode was changed", "nothing, if it was meant"},
	{'I', "Library offline", "the library was set off line", "set it on line at its panel"},
	{'I', "Library drive offline", "a drive was set off line", "set it on line at the library's panel"},
	{'W', "Library scan retry", "a barcode was read at the second try only", "look at the cartridge's label"},
	{'C', "Library inventory", "the inventory is not what was found", "take the inventory anew"},
	{'W', "Library illegal operation", "an operation that makes no sense now was tried", "look at the host's commands"},
	{'W', "Dual-port interface error", "one of two ports has failed", "check the cables of that port"},
	{'W', "Cooling fan failure", "a fan of the library has failed", SERVICE},
	{'W', "Power supply failure", "one of several power supplies has failed", SERVICE},
	{'W', "Power consumption", "outside of its specification", SERVICE},
	{'C', "Pass-through mechanism failure", "moving cartridges between modules failed", SERVICE},
	{'C', "Cartridge in pass-through mechanism", "a cartridge was left between modules", "take it out by the manual"},
	{'I', "Unreadable barcode labels", "labels cannot be read, or there are none", "look at the cartridges' labels"},
};

static const struct tapealert_flag reserved = {'-', "Reserved", "no meaning is defined", "see the vendor's manual"};

const struct tapealert_flag *tapealert_library_flag(unsigned n)
{
	return n <= sizeof flags / sizeof flags[0] ? &flags[n - 1] : &reserved;
}
