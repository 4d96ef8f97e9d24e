# make            the program: build/tokdyno
# make test       installs what is missing, then unit tests and end-to-end tests
# make unit       the unit tests alone (T=pattern picks some)
# make e2e        the end-to-end tests alone (T=pattern picks some)
# make demo       installs what is missing, builds, runs a first load test
# make bench      the figures of docs/performance.md; make bench-page writes them there
# make verdicts  how often the gate of compare cries wolf, and what it misses
# make fuzz       the decoders, fed with rubbish for FUZZ_TIME seconds each
# make lint       layout, static checks, layers; make format puts the layout right
# make install    PREFIX=/usr/local, DESTDIR=
# SAN=1           with the address and undefined-behaviour sanitizers
# CC=clang        with another compiler
# V=1             shows whole commands

PREFIX   ?= /usr/local
PKGS      = libcurl libevent_core libevent_extra libprotobuf-c yaml-0.1 jansson zlib sqlite3
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -Werror
CPPFLAGS += -D_GNU_SOURCE -Ibench -I. -I$(OUT)/gen -MMD -MP
CFLAGS   ?= -O2 -g
CFLAGS   += -std=c17 $(WARN) -fno-math-errno -pthread
LDFLAGS  += -pthread
LDLIBS   += $(shell pkg-config --libs $(PKGS)) -lm
OUT       = build

ifneq ($(CC),cc)
OUT      := $(OUT)/$(notdir $(CC))
endif
ifdef SAN
OUT      := $(OUT)/san
SANFLAGS  = -fsanitize=address,undefined -fno-sanitize-recover -fno-omit-frame-pointer
endif
ifdef FUZZ
OUT      := $(OUT)/fuzz
SANFLAGS  = -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover
endif
CFLAGS   += $(SANFLAGS)
LDFLAGS  += $(SANFLAGS)

SRC  = $(wildcard bench/*/*.c exporters/*.c reports/*.c) $(GEN)
TEST = $(wildcard tests/*.c)
GEN  = $(OUT)/gen/otlp.pb-c.c
obj  = $(patsubst $(OUT)/gen/%.c,$(OUT)/obj/gen/%.o,$(filter $(OUT)/gen/%,$(1))) \
       $(patsubst %.c,$(OUT)/obj/%.o,$(filter-out $(OUT)/gen/%,$(1)))
Q    = $(if $(V),,@)
say  = $(if $(V),,@echo "  $(1)	$(2)")

# For targets that must first install the compiler: make again, on all cores unless told.
again = +$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$$(nproc))

.SECONDARY: $(GEN)

all: $(OUT)/tokdyno

# Where catalogue and scenarios are; the program is rebuilt when these change.
PLACES = -DSOURCE_TREE='"$(CURDIR)"' -DPREFIX='"$(PREFIX)"'
$(OUT)/obj/bench/data/places.o: CPPFLAGS += $(PLACES)
$(OUT)/obj/bench/data/places.o: $(OUT)/places
$(OUT)/places: always
	@mkdir -p $(@D)
	@echo "$(PLACES)" | cmp -s - $@ || echo "$(PLACES)" >$@

$(OUT)/tokdyno: $(call obj,bench/main.c $(SRC))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/unit: $(call obj,$(SRC) $(TEST) tests/net/link.c tests/verdicts/world.c)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(OUT)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# What protoc-c makes of the schema; whoever includes it is built behind it.
$(OUT)/gen/%.pb-c.c: exporters/%.proto
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=exporters --c_out=$(@D) $<
$(call obj,$(wildcard exporters/otlp*.c tests/otlp*.c)): $(GEN)
$(OUT)/obj/gen/%.o: $(OUT)/gen/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

unit: $(OUT)/unit
	TOKDYNO_TESTS=tests $(OUT)/unit $(T)

# Counts what the program under test asks of the C library.
$(OUT)/count.so: tests/preload/count.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -O2 -std=c17 $(WARN) -shared -fPIC -o $@ $<

# What the end-to-end tests put between the program and its simulator; libc alone.
RELAY = $(OUT)/net/relay
$(RELAY): $(call obj,$(wildcard tests/net/*.c))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

E2E = $(OUT)/tokdyno $(OUT)/count.so $(RELAY)
e2e: $(E2E)
	TOKDYNO=$(OUT)/tokdyno python3 tests/e2e/run.py $(T)

test:
	@scripts/install-deps.sh build test
	$(again) $(OUT)/unit $(E2E)
	@scripts/test.sh $(OUT) unit layers e2e

demo:
	@scripts/install-deps.sh build
	$(again) $(OUT)/tokdyno
	@scripts/demo.sh $(OUT)/tokdyno

# The programs that tokdyno is measured with and against: one for each file of tests/bench.
BENCHES = $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(wildcard tests/bench/*.c))
$(OUT)/obj/tests/bench/%.o: CPPFLAGS += -Itests/bench
$(OUT)/bench/%: $(OUT)/obj/tests/bench/%.o $(call obj,$(SRC))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

bench: $(OUT)/tokdyno $(BENCHES)
	TOKDYNO=$(OUT)/tokdyno python3 tests/bench/run.py $(T)

# The gate against worlds whose truth is known, in virtual time; a sample of it is a unit test.
VERDICTS = 100
$(OUT)/verdicts: $(call obj,$(wildcard tests/verdicts/*.c) $(SRC))
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

verdicts: $(OUT)/verdicts
	$(OUT)/verdicts $(VERDICTS)

bench-page:
	python3 tests/bench/page.py $(OUT)/bench.json docs/performance.md

lint:
	@scripts/lint.sh layers format cppcheck

format:
	find $(wildcard bench exporters reports tests) -name '*.[ch]' | xargs clang-format -i

# One program for each file of tests/fuzz; what it learns stays in build/, to go on from.
FUZZ_TIME ?= 20
FUZZERS    = $(patsubst tests/fuzz/%.c,$(OUT)/%,$(wildcard tests/fuzz/*.c))
fuzz:
	$(again) CC=clang FUZZ=1 fuzz-run
fuzz-run: $(FUZZERS)
	@for f in $(FUZZERS); do \
	    mkdir -p $$f.corpus && seeds=tests/fuzz/seeds/$${f##*/} && \
	    $$f -max_total_time=$(FUZZ_TIME) -print_final_stats=0 -verbosity=0 \
	        -artifact_prefix=$$f- $$f.corpus $$(test -d $$seeds && echo $$seeds) && \
	    echo "  FUZZ	$$f: nothing found in $(FUZZ_TIME) s" || exit 1; done
ifdef FUZZ
$(FUZZERS): $(OUT)/%: $(OUT)/obj/tests/fuzz/%.o \
    $(call obj,$(SRC) tests/json_reference.c tests/json_walk.c)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
endif

SHARE = $(DESTDIR)$(PREFIX)/share
install: $(OUT)/tokdyno
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/tokdyno/catalogue \
	    $(SHARE)/tokdyno/scenarios/images $(SHARE)/tokdyno/scenarios/traces \
	    $(SHARE)/tokdyno/reports/plots $(SHARE)/tokdyno/reports/page $(SHARE)/doc/tokdyno
	install -m 755 $(OUT)/tokdyno $(DESTDIR)$(PREFIX)/bin/tokdyno
	install -m 644 scenarios/catalogue/*.yaml $(SHARE)/tokdyno/catalogue
	install -m 644 scenarios/*.yaml $(SHARE)/tokdyno/scenarios
	install -m 644 scenarios/images/*.png $(SHARE)/tokdyno/scenarios/images
	install -m 644 scenarios/traces/* $(SHARE)/tokdyno/scenarios/traces
	install -m 644 reports/plots/*.gp $(SHARE)/tokdyno/reports/plots
	install -m 644 reports/page/* $(SHARE)/tokdyno/reports/page
	install -m 644 README.md LICENSE docs/*.md docs/*.json $(SHARE)/doc/tokdyno

clean:
	rm -rf build

.PHONY: all unit e2e test demo bench bench-page verdicts lint format fuzz fuzz-run install clean always
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
