#!/bin/sh
# total.sh FILE: adds up lines "NAME PASSED FAILED SKIPPED", and ends in 1 if any failed.
awk '
    { passed += $2; failed += $3; skipped += $4 }
    END {
        printf "%d passed, %d failed", passed, failed
        if (skipped) printf ", %d skipped", skipped
        print ""
        exit failed > 0 || passed == 0
    }' "$1"
