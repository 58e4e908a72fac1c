# SPDX-License-Identifier: GPL-3.0-or-later
# xflate: make help says what there is.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/xflate
CONTRIBDIR ?= $(DATADIR)/xflate/contrib
UNITDIR ?= $(PREFIX)/lib/systemd/system
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
PKG_CONFIG ?= pkg-config
BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
# A word of the shell, whatever is in it: folders have spaces and apostrophes.
quoted = '$(subst ','\'',$(1))'

VERSION := $(shell cat VERSION)
LIBS := zlib libdeflate liblz4 lzo2 libzstd libcrypto libxxhash libpcre2-8

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
CFLAGS ?= -O2 -g
# Who builds a package may ask for another _FORTIFY_SOURCE.
FORTIFY := $(if $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),,-D_FORTIFY_SOURCE=2)
HARDENING := -fstack-protector-strong -fPIE $(FORTIFY)
# WERROR=1 in CI; SANITIZE=address,undefined or thread for the sanitizer passes.
ALL_CFLAGS := -std=c17 $(CFLAGS) $(WARNINGS) $(HARDENING) -ffile-prefix-map=$(call quoted,$(CURDIR))=. \
	$(if $(WERROR),-Werror) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
ALL_CPPFLAGS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DXFLATE_VERSION='"$(VERSION)"' -I. $(CPPFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

# Debian ships no .pc file for lzo2 before 2.10-3, hence the fallback.
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
LIB_CFLAGS := $(foreach l,$(LIBS),$(call pkg,--cflags,$(l)))
LIB_LIBS := $(foreach l,$(LIBS),$(or $(call pkg,--libs,$(l)),-l$(patsubst lib%,%,$(l)))) -pthread -lm

# iSCSI where libiscsi is installed; ISCSI=0 leaves it out.
ISCSI ?= $(shell $(PKG_CONFIG) --exists libiscsi 2>/dev/null && echo 1)
ifeq ($(ISCSI),1)
LIB_CFLAGS += -DHAVE_LIBISCSI $(call pkg,--cflags,libiscsi)
LIB_LIBS += $(call pkg,--libs,libiscsi)
endif

# gzip:fast, by ISA-L's encoder; ISAL=1 puts it in.  Of some records it makes other bytes each time, all of them right (docs/performance.md), and
# an output is to be the same whatever the threads do.
ISAL ?= 0
ifeq ($(ISAL),1)
LIB_CFLAGS += -DHAVE_LIBISAL $(call pkg,--cflags,libisal)
LIB_LIBS += $(call pkg,--libs,libisal)
endif

# QR codes on paper where libqrencode is installed; QRENCODE=0 leaves them out.
QRENCODE ?= $(shell $(PKG_CONFIG) --exists libqrencode 2>/dev/null && echo 1)
ifeq ($(QRENCODE),1)
LIB_CFLAGS += -DHAVE_LIBQRENCODE $(call pkg,--cflags,libqrencode)
LIB_LIBS += $(call pkg,--libs,libqrencode)
endif

# Archives where libarchive is installed; LIBARCHIVE=0 leaves them out.
LIBARCHIVE ?= $(shell $(PKG_CONFIG) --exists libarchive 2>/dev/null && echo 1)
ifeq ($(LIBARCHIVE),1)
LIB_CFLAGS += -DHAVE_LIBARCHIVE $(call pkg,--cflags,libarchive)
LIB_LIBS += $(call pkg,--libs,libarchive)
endif

# Indexes of volumes where SQLite is installed; SQLITE=0 leaves them out.
SQLITE ?= $(shell $(PKG_CONFIG) --exists sqlite3 2>/dev/null && echo 1)
ifeq ($(SQLITE),1)
LIB_CFLAGS += -DHAVE_LIBSQLITE3 $(call pkg,--cflags,sqlite3)
LIB_LIBS += $(call pkg,--libs,sqlite3)
endif

# Volumes as a file system where libfuse 3 is installed; FUSE=0 leaves it out.
FUSE ?= $(shell $(PKG_CONFIG) --exists fuse3 2>/dev/null && echo 1)
ifeq ($(FUSE),1)
LIB_CFLAGS += -DHAVE_LIBFUSE3 $(call pkg,--cflags,fuse3)
LIB_LIBS += $(call pkg,--libs,fuse3)
endif

ROOMS := base codec format crypt medium volume pipeline restore prove catalog index mount keys tape cmd cmd/volume cmd/catalog cmd/drive cmd/key cmd/bscrypto
SRC := $(sort $(filter-out xflate.c,$(wildcard *.c)) $(foreach r,$(ROOMS),$(wildcard $(r)/*.c)))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libxflate.a
CHECKS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/check_*.c)))
TARGETS := $(patsubst fuzz/fuzz_%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))
REPLAYS := $(TARGETS:%=$(BUILD)/fuzz/replay_%)

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
FLAGS := $(CC) $(LIB_CFLAGS) $(ALL_CFLAGS) $(ALL_CPPFLAGS) $(ALL_LDFLAGS)
$(shell mkdir -p $(BUILD); echo $(call quoted,$(FLAGS)) | cmp -s - $(BUILD)/flags || echo $(call quoted,$(FLAGS)) >$(BUILD)/flags)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/check_%: tests/check_%.c $(LIB) $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(call pkg,--cflags,check) $(filter-out -Wconversion,$(ALL_CFLAGS)) -MMD -MP \
		$(ALL_LDFLAGS) -o $@ $< $(LIB) $(call pkg,--libs,check) $(LIB_LIBS)

$(BUILD)/fuzz/replay_%: fuzz/fuzz_%.c fuzz/replay.c $(LIB) $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(filter-out -Wconversion -Wmissing-prototypes,$(ALL_CFLAGS)) $(ALL_LDFLAGS) \
		-o $@ $(filter %.c,$^) $(LIB) $(LIB_LIBS)

# libFuzzer brings main().
$(BUILD)/fuzz/fuzz_%: fuzz/fuzz_%.c $(LIB) $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(filter-out -Wconversion,$(ALL_CFLAGS)) $(ALL_LDFLAGS) -fsanitize=fuzzer \
		-o $@ $< $(LIB) $(LIB_LIBS)

$(REPLAYS) $(TARGETS:%=$(BUILD)/fuzz/fuzz_%): fuzz/fuzz.h $(wildcard */*.h */*/*.h)

-include $(OBJ:.o=.d) $(BUILD)/xflate.d $(CHECKS:=.d)

# ---- tests ----

.PHONY: checks check check-asan check-tsan check-bacula check-bacula15 check-catalog check-tape check-drive check-machines check-package check-elsewhere demo bench bench-doc behaviour lint fuzz fuzzers fuzz-replay
# The test programs alone, and those of the benchmark, which a scenario runs.
checks: $(BUILD)/xflate $(CHECKS) $(REPLAYS) $(BUILD)/bench/corpus $(BUILD)/bench/codecs $(BUILD)/bench/stages

# For changes that only move code: does this build do what another binary does?  Some 27,000 runs, a few minutes.
behaviour: $(BUILD)/xflate
	@tests/behaviour $(OLD) $(BUILD)/xflate

# Everything that runs anywhere in minutes.  Prints "N passed, N failed" last.
check:
	@tests/packages.sh build check
	$(Q)$(MAKE) --no-print-directory checks
	@BUILD=$(BUILD) tests/run

# Units, made, damaged and spanned volumes under AddressSanitizer and UndefinedBehaviorSanitizer; the parallel parts under
# ThreadSanitizer.
check-asan:
	$(Q)$(MAKE) --no-print-directory BUILD=build/asan SANITIZE=address,undefined checks
	@BUILD=build/asan tests/run $(notdir $(CHECKS)) scenario_made scenario_sets scenario_verify scenario_judgement scenario_encrypt scenario_getkey scenario_files scenario_inplace scenario_pki scenario_fuzz scenario_mount
THREADED := check_pool check_filter check_sums check_outqueue check_tasks check_readahead check_behind
check-tsan:
	$(Q)$(MAKE) --no-print-directory BUILD=build/tsan SANITIZE=thread build/tsan/xflate $(THREADED:%=build/tsan/tests/%)
	@BUILD=build/tsan tests/run $(THREADED) scenario_threads scenario_rates scenario_mount

# Debian's own Bacula backs up, xflate converts, Debian's bls and bextract read and restore; its file daemon encrypts, xflate
# extracts.
check-bacula: $(BUILD)/xflate
	@tests/packages.sh build check
	@XFLATE=$(call quoted,$(CURDIR))/$(BUILD)/xflate tests/bacula/run.sh
	@XFLATE=$(call quoted,$(CURDIR))/$(BUILD)/xflate tests/bacula/pki.sh

# Bacula 15 of Debian trixie labels, backs up and restores with xflate getkey, and reads what xflate encrypted.
check-bacula15: $(BUILD)/xflate
	@tests/packages.sh build check peer15
	@XFLATE=$(call quoted,$(CURDIR))/$(BUILD)/xflate tests/bacula15/run.sh

# The catalog follows: directors of Bacula 9.6 and 15 restore from converted volumes, with SQLite and PostgreSQL; MariaDB takes
# the same SQL; the wrong catalog and the wrong map are refused.
check-catalog: $(BUILD)/xflate
	@tests/packages.sh build check peer15
	@XFLATE=$(call quoted,$(CURDIR))/$(BUILD)/xflate tests/catalog/run.sh

# A tape drive made of a FUSE file.
check-tape: $(BUILD)/xflate
	@tests/packages.sh build tape
	@BUILD=$(BUILD) tests/tape/run.sh

# The strict drive: FUSE files, tgt for iSCSI, then a true sg and st in user-mode-linux.  BUILD=build/asan tests/drive/run.sh
# takes a build with sanitizers (not in user-mode-linux, where they do not start).
check-drive:
	@tests/packages.sh build drive
	$(Q)$(MAKE) --no-print-directory all $(BUILD)/drive/iscsi_echo $(BUILD)/drive/drives_of
	@BUILD=$(BUILD) tests/drive/run.sh
	@BUILD=$(BUILD) tests/drive/uml.sh

# contrib/ with the engines themselves on loopback: GNU parallel over ssh, Slurm, an S3 server; hosts and controllers die.
check-machines: $(BUILD)/xflate
	@tests/packages.sh build machines
	@BUILD=$(BUILD) tests/machines/run.sh

# Other compilers, processors, C libraries and systems, analyzers, valgrind: tests/elsewhere/run.sh --help.
check-elsewhere: $(BUILD)/xflate
	@tests/packages.sh build check elsewhere
	@XFLATE=$(call quoted,$(CURDIR))/$(BUILD)/xflate tests/elsewhere/run.sh $(PARTS)

# Debian's package: built, looked at, installed into a fresh Debian, tested there with Debian's Bacula, removed without a trace.
# FULL=1: built twice, byte for byte the same; rpm's; its units started by systemd.
check-package:
	@tests/packages.sh build check package
	@tests/package/run.sh

$(BUILD)/drive/%: tests/drive/%.c $(LIB) $(BUILD)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(filter-out -Wconversion,$(ALL_CFLAGS)) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIB_LIBS)

# Every fuzz/fuzz_NAME.c for FUZZ_SECONDS of processor time under AddressSanitizer and UndefinedBehaviorSanitizer; or the
# FUZZ_TARGETS named.  What is learnt and found stays in build/fuzz/fuzz.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(TARGETS)
fuzz:
	@tests/packages.sh build fuzz
	$(Q)$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang SANITIZE=address,undefined,fuzzer-no-link \
		CFLAGS='-O2 -g -fno-sanitize-recover=undefined' FUZZ_TARGETS='$(FUZZ_TARGETS)' fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) fuzz/run build/fuzz $(FUZZ_TARGETS)
fuzzers: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz_%)

# The inputs in fuzz/corpus once, with any compiler.
fuzz-replay: $(REPLAYS)
	@BUILD=$(BUILD) tests/run scenario_fuzz

demo:
	@tests/demo.sh

$(BUILD)/bench/%: bench/%.c $(LIB) $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(filter-out -Wconversion,$(ALL_CFLAGS)) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(LIB_LIBS)

# The program, with a clock around the functions that it gives to the pool.
$(BUILD)/bench/stages: bench/stages.c $(BUILD)/xflate.o $(LIB) $(BUILD)/flags
	@echo "  CC      $<"
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(LIB_CFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--wrap=pool_run,--wrap=tasks_post -o $@ $< $(BUILD)/xflate.o $(LIB) $(LIB_LIBS)

# Ten minutes.  bench-doc writes what comes out into docs/performance.md, and draws docs/scaling.svg.
BENCHES := $(BUILD)/bench/corpus $(BUILD)/bench/codecs $(BUILD)/bench/stages
bench bench-doc:
	@tests/packages.sh build bench
	$(Q)$(MAKE) --no-print-directory all $(BENCHES)
	@bench/run $(if $(filter bench-doc,$@),--doc) $(BUILD)

lint:
	@tests/packages.sh lint
	mandoc -Tlint -Wwarning $(PAGES)
	tests/lint_citations
	tests/lint_packages
	@# tests/sense_codes.h is a piece of a table.
	clang-format --dry-run -Werror $(filter-out tests/sense_codes.h,$(shell git ls-files '*.c' '*.h'))
	shellcheck -x $(sort $(filter-out $(UNITS),$(wildcard tests/*.sh tests/*/*.sh tests/run tests/run_one tests/prepare tests/lint_packages fuzz/run .ci/run completion/xflate.bash contrib/xflate-* contrib/*/xflate-* contrib/events/log contrib/events/icinga)) $(wildcard debian/tests/bls debian/tests/scenarios debian/*.postinst debian/*.prerm tests/package/*.in))

# ---- installing ----

.PHONY: install uninstall dist clean help
# What is installed beside the program, by its place in the sources; a page goes where its section is.  That of bscrypto has a name of its
# own there, and the name of Bareos's is a link.
PAGES := $(wildcard man/*.[1-8])
DOCS := README.md CHANGELOG.md $(wildcard docs/*.md docs/*.svg docs/formats/*.md docs/schemas/* contrib/*.md contrib/*/*.md)
UNITS := $(wildcard contrib/systemd/*@*)
CONTRIB := $(filter-out $(UNITS) %.md,$(wildcard contrib/xflate-* contrib/*/*))
page = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(patsubst bscrypto.%,bscrypto.xflate.%,$(notdir $(1)))
contrib = $(CONTRIBDIR)/$(1:contrib/%=%)
unit = $(UNITDIR)/$(notdir $(1))
mode = $$([ -x $(1) ] && echo 0755 || echo 0644)
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
deepest = $(call reverse,$(sort $(dir $(1))))
to = $(call quoted,$(DESTDIR)$(1))
places = $(call quoted,s|@BINDIR@|$(BINDIR)|;s|@CONTRIBDIR@|$(CONTRIBDIR)|)

# Where another bscrypto stands, or its page, it is Bareos's own.  BSCRYPTO=0: none of ours.
BSCRYPTO ?= 1
BSCRYPTO_PAGE := $(MANDIR)/man8/bscrypto.8
is_ours = [ "$$(readlink $(call to,$(BINDIR)/bscrypto))" = xflate ]
page_is_ours = [ "$$(readlink $(call to,$(BSCRYPTO_PAGE)))" = bscrypto.xflate.8 ]

# A line of a recipe for each.
define also


endef
install: all
	install -d $(call to,$(BINDIR)) $(call to,$(UNITDIR))
	install -m 0755 $(BUILD)/xflate $(call to,$(BINDIR)/xflate)
ifeq ($(BSCRYPTO),1)
	@if [ -e $(call to,$(BINDIR)/bscrypto) ] && ! $(is_ours); then echo "another's bscrypto is there, and stays"; \
	else set -x; ln -sf xflate $(call to,$(BINDIR)/bscrypto); fi
endif
	install -D -m 0644 completion/xflate.bash $(call to,$(BASHCOMPDIR)/xflate)
	install -D -m 0644 completion/_xflate $(call to,$(ZSHCOMPDIR)/_xflate)
	$(foreach f,$(PAGES),install -D -m 0644 $(f) $(call to,$(call page,$(f)))$(also))
ifeq ($(BSCRYPTO),1)
	@# Bareos's may be compressed.
	@if ! $(is_ours); then :; \
	elif ls $(call to,$(BSCRYPTO_PAGE))* >/dev/null 2>&1 && ! $(page_is_ours); then echo "another's page of bscrypto is there, and stays"; \
	else set -x; ln -sf bscrypto.xflate.8 $(call to,$(BSCRYPTO_PAGE)); fi
endif
	$(foreach f,$(DOCS),install -D -m 0644 $(f) $(call to,$(DOCDIR)/$(f))$(also))
	$(foreach f,$(CONTRIB),install -D -m $(call mode,$(f)) $(f) $(call to,$(call contrib,$(f)))$(also))
	$(foreach f,$(UNITS),sed $(places) $(f) >$(call to,$(call unit,$(f))) && chmod 0644 $(call to,$(call unit,$(f)))$(also))

uninstall:
	! $(is_ours) || rm -f $(call to,$(BINDIR)/bscrypto)
	! $(page_is_ours) || rm -f $(call to,$(BSCRYPTO_PAGE))
	rm -f $(call to,$(BINDIR)/xflate) $(call to,$(BASHCOMPDIR)/xflate) $(call to,$(ZSHCOMPDIR)/_xflate)
	rm -f $(foreach f,$(PAGES),$(call to,$(call page,$(f)))) $(foreach f,$(UNITS),$(call to,$(call unit,$(f))))
	rm -f $(foreach f,$(DOCS),$(call to,$(DOCDIR)/$(f))) $(foreach f,$(CONTRIB),$(call to,$(call contrib,$(f))))
	@# Of the folders those that are ours, and hold nothing of another's.
	@rmdir $(foreach d,$(call deepest,$(CONTRIB)),$(call to,$(call contrib,$(d)))) $(call to,$(CONTRIBDIR)) $(call to,$(DATADIR)/xflate) \
		$(foreach d,$(call deepest,$(DOCS)),$(call to,$(DOCDIR)/$(d))) $(call to,$(DOCDIR)) 2>/dev/null || :

# Not a pipe: a git that fails must not leave an empty archive.
dist:
	$(Q)git -c tar.umask=0022 archive --format=tar --prefix=xflate-$(VERSION)/ -o xflate-$(VERSION).tar HEAD
	$(Q)gzip -9nf xflate-$(VERSION).tar
	@echo "xflate-$(VERSION).tar.gz"

clean:
	$(Q)rm -rf $(BUILD) xflate xflate-*.tar.gz

help:
	@echo "make            build ./xflate (WERROR=1, SANITIZE=address,undefined, V=1)"
	@echo "make demo       install what is missing, build, recompress a bundled real volume"
	@echo "make check      install what is missing, build, run all tests that run anywhere"
	@echo "make check-asan, check-tsan, check-bacula, check-bacula15, check-catalog, check-tape, check-drive, check-machines    further tests"
	@echo "make check-elsewhere  PARTS='clang analyzers valgrind user i386 trixie s390x musl'; all of them where none is named"
	@echo "make check-package    the Debian package, from its build to its removal (FULL=1: reproducible, the RPM, the units by systemd)"
	@echo "make fuzz       FUZZ_SECONDS=60 FUZZ_TARGETS='block label'; make fuzz-replay    the parsers against foreign bytes"
	@echo "make behaviour  OLD=path/to/another/xflate; what differs, of 27,000 runs"
	@echo "make bench      measure against what is used instead (BENCH_MB=600); make bench-doc: and write docs/performance.md"
	@echo "make lint       manual, citations, packages, layout of the sources, shell scripts"
	@echo "make install    PREFIX=$(PREFIX), DESTDIR; make uninstall; make dist; make clean"
