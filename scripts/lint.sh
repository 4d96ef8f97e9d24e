#!/bin/sh
# lint.sh PART...: layout (format) or faults a checker can find (cppcheck) of all C files.
set -eu
cd "$(dirname "$0")/.."

sources() {
    find bench exporters reports tests -name '*.[ch]' 2>/dev/null | sort
}

for part in "$@"; do
    case $part in
    format) sources | xargs clang-format --dry-run -Werror ;;
    cppcheck)
        sources | grep '\.c$' | xargs cppcheck --enable=warning,portability,performance \
            --error-exitcode=1 --inline-suppr -q -j "$(nproc)" --std=c11 -D_GNU_SOURCE \
            -Ibench -I. --suppress=missingIncludeSystem
        ;;
    layers) sh tests/layers.sh ;;
    *) echo "lint.sh: no part \"$part\"" >&2; exit 2 ;;
    esac
done
