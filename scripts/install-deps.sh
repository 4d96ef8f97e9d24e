#!/bin/sh
# install-deps.sh GROUP...: installs the Debian packages of these groups that are missing.
# Nothing missing: nothing is done, and no network is needed. Another system: says what to
# install and stops. NO_DEPS=1 skips it all, for those who have installed things themselves.
set -eu

[ -z "${NO_DEPS:-}" ] || exit 0

list=$(dirname "$0")/debian-packages.txt
say() {
    printf 'install-deps: %s\n' "$*" >&2
}

wanted=""
for group in "$@"; do
    packages=$(awk -v g="$group" '$1 == g { for (i = 2; i <= NF; i++) print $i }' "$list")
    [ -n "$packages" ] || { say "no group \"$group\" in $list"; exit 2; }
    wanted="$wanted $packages"
done
wanted=$(echo $wanted)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not a Debian system; please install what these Debian packages hold:"
    say "  $wanted"
    say "and run again with NO_DEPS=1"
    exit 1
fi

missing=""
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    as_root=sudo
    command -v sudo >/dev/null || {
        say "missing:$missing"
        say "please run as root: apt-get install$missing"
        exit 1
    }
fi

# Servers are wanted for their programs only: none is started, now or at the next boot.
policy=/usr/sbin/policy-rc.d
keep_services_off() {
    [ -e $policy ] && return
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
    trap '$as_root rm -f $policy' EXIT
}

disable_services() {
    for service in nginx nghttpx prometheus; do
        case " $missing " in
        *" $service"* | *" nghttp2-proxy "*)
            $as_root update-rc.d "$service" disable >/dev/null 2>&1 || true
            ;;
        esac
    done
}

say "installing$missing"
keep_services_off
$as_root apt-get update -qq </dev/null ||
    say "the package lists could not be refreshed; trying with those at hand"
$as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends $missing </dev/null >/dev/null
disable_services
say "done"
