#!/bin/sh
# Each folder may include itself and what stands left of it in the list; sim only base and data; cmd all.
bad=0
check() { # layer, what it may include
    dir=$1
    [ -d "bench/$1" ] && dir=bench/$1
    for inc in $(grep -hoE '^#include "[a-z]+/' "$dir"/*.[ch] 2>/dev/null | cut -d'"' -f2 | tr -d / | sort -u); do
        case " $2 " in *" $inc "*) ;; *) echo "$dir includes $inc/"; bad=1 ;; esac
    done
}
allowed=""
for layer in base data api exporters reports load; do
    allowed="$allowed $layer"
    check "$layer" "$allowed"
done
check sim "base data sim"
check cmd "$allowed sim cmd"
exit $bad
