# SPDX-License-Identifier: GPL-3.0-or-later
# xflate: make help says what there is.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
PKG_CONFIG ?= pkg-config
BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

VERSION := $(shell cat VERSION)
LIBS := zlib libdeflate liblz4 lzo2 libzstd libcrypto libxxhash

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
HARDENING := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
CFLAGS ?= -O2 -g
# WERROR=1 in CI; SANITIZE=address,undefined or thread for the sanitizer passes.
ALL_CFLAGS := -std=c17 $(CFLAGS) $(WARNINGS) $(HARDENING) -ffile-prefix-map=$(CURDIR)=. \
	$(if $(WERROR),-Werror) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
ALL_CPPFLAGS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DXFLATE_VERSION='"$(VERSION)"' -I. $(CPPFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# Debian ships no .pc file for lzo2 before 2.10-3, hence the fallback.
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
LIB_CFLAGS := $(foreach l,$(LIBS),$(call pkg,--cflags,$(l)))
LIB_LIBS := $(foreach l,$(LIBS),$(or $(call pkg,--libs,$(l)),-l$(patsubst lib%,%,$(l)))) -pthread

ROOMS := base codec volume pipeline cmd
SRC := $(sort $(foreach r,$(ROOMS),$(wildcard $(r)/*.c)))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libxflate.a
CHECKS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/check_*.c)))

.PHONY: all
all: xflate

xflate: $(BUILD)/xflate
	$(Q)ln -sf $(BUILD)/xflate $@

$(BUILD)/xflate: $(BUILD)/xflate.o $(LIB)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS)

$(LIB): $(OBJ)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcsD $@ $^

# A changed flag rebuilds everything.
FLAGS := $(CC) $(ALL_CFLAGS) $(ALL_CPPFLAGS) $(ALL_LDFLAGS)
$(shell mkdir -p $(BUILD); echo '$(subst ','\'',$(FLAGS))' | cmp -s - $(BUILD)/flags || echo '$(subst ','\'',$(FLAGS))' >$(BUILD)/flags)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/check_%: tests/check_%.c $(LIB) $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(call pkg,--cflags,check) $(filter-out -Wconversion,$(ALL_CFLAGS)) -MMD -MP \
		$(ALL_LDFLAGS) -o $@ $< $(LIB) $(call pkg,--libs,check) $(LIB_LIBS)

-include $(OBJ:.o=.d) $(BUILD)/xflate.d $(CHECKS:=.d)

.PHONY: clean
clean:
	$(Q)rm -rf $(BUILD) xflate
