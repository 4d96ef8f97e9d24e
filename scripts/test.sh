#!/bin/sh
# test.sh BUILD_DIR PART...: runs parts of the tests (unit, layers, e2e), and adds them up.
# The last line is "N passed, N failed[, N skipped]"; the exit code is 1 if any failed.
# Where TALLY names a file, the counts of each part are added to it as well.
set -u
build=$1
shift

part=""
log=$(mktemp)
mine=$(mktemp)
trap 'rm -f "$log" "$mine"' EXIT

count() { # passed failed skipped
    echo "$part $1 $2 $3" >>"$mine"
    printf '%s: %s passed, %s failed' "$part" "$1" "$2"
    [ "$3" = 0 ] || printf ', %s skipped' "$3"
    echo
}

# TAP: "1..N" is the plan; what is planned and not reported (a crash) has failed.
unit() {
    code=0
    CMOCKA_MESSAGE_OUTPUT=TAP TOKDYNO_TESTS=tests "$build/unit" >"$log" 2>&1 || code=$?
    if [ $code != 0 ]; then
        grep -vE '^(ok |1\.\.)' "$log"
    fi
    counts=$(awk '
        /^1\.\.[0-9]+/ { plan = substr($1, 4) }
        /^ok .*# SKIP/ { skipped++; next }
        /^ok / { passed++ }
        /^not ok .*# SKIP/ { skipped++; next }
        /^not ok / { failed++ }
        END {
            lost = plan - passed - failed - skipped
            if (lost > 0) failed += lost
            print passed + 0, failed + 0, skipped + 0
        }' "$log")
    case "$code $counts" in
    0*) ;;
    *" 0 "[0-9]*) counts="${counts%% *} 1 ${counts##* }" ;; # it failed without saying where
    esac
    count $counts
}

layers() {
    if sh tests/layers.sh; then
        count 1 0 0
    else
        count 0 1 0
    fi
}

e2e() {
    code=0
    TOKDYNO=$build/tokdyno python3 tests/e2e/run.py --tally "$log" || code=$?
    read -r passed failed skipped <"$log" || { passed=0 failed=1 skipped=0; }
    [ $code = 0 ] || [ "$failed" != 0 ] || failed=1
    count "$passed" "$failed" "$skipped"
}

for part in "$@"; do
    case $part in
    unit | layers | e2e) $part ;;
    *) echo "test.sh: no part \"$part\"" >&2; exit 2 ;;
    esac
done

[ -z "${TALLY:-}" ] || cat "$mine" >>"$TALLY"
"$(dirname "$0")/total.sh" "$mine"
