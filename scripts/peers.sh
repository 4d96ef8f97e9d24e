#!/bin/sh
# peers.sh [litellm] [guidellm]: servers nobody here wrote, for the end-to-end tests, each in
# a Python environment of its own below build/peers. Without arguments: litellm (guidellm
# brings several GB along). The tests that want them skip where they are not there.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- litellm

for peer in "$@"; do
    dir=build/peers/$peer
    case $peer in
    litellm) package='litellm[proxy]' ;;
    guidellm) package=guidellm ;;
    *) echo "peers.sh: no peer \"$peer\"" >&2; exit 2 ;;
    esac
    [ ! -x "$dir/bin/$peer" ] || continue
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check "$package" </dev/null
done
