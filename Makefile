# make            the program: build/tokdyno
# make test       installs what is missing, then unit tests and end-to-end tests
# make unit       the unit tests alone (T=pattern picks some)
# make demo       installs what is missing, builds, runs a first load test
# make bench      the figures of docs/performance.md
# make install    PREFIX=/usr/local, DESTDIR=
# SAN=1           with the address and undefined-behaviour sanitizers
# CC=clang        with another compiler

PREFIX   ?= /usr/local
PKGS      = libcurl libevent_core yaml-0.1 jansson zlib
WARN      = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
            -Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -Werror
CPPFLAGS += -D_GNU_SOURCE -Ibench -I. -MMD -MP
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
CFLAGS   += -fsanitize=address,undefined -fno-sanitize-recover -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
endif

SRC  = $(wildcard bench/*/*.c exporters/*.c reports/*.c)
TEST = $(wildcard tests/*.c)
obj  = $(patsubst %.c,$(OUT)/obj/%.o,$(1))

all: $(OUT)/tokdyno

# Where the catalogue of the source tree is, for a program that was not installed.
$(OUT)/obj/bench/data/catalogue.o: CPPFLAGS += -DSOURCE_TREE='"$(CURDIR)"' -DPREFIX='"$(PREFIX)"'

$(OUT)/tokdyno: $(call obj,bench/main.c $(SRC))
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/unit: $(call obj,$(SRC) $(TEST))
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(OUT)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

unit: $(OUT)/unit
	TOKDYNO_TESTS=tests $(OUT)/unit $(T)

clean:
	rm -rf build

.PHONY: all unit test demo bench install clean
-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
