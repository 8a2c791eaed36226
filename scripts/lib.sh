# What the scripts share: saying what they do, and becoming root where that needs no password.
# shellcheck shell=bash

say() { printf '%s\n' "→ $*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Whether packages of the distribution can be installed without asking anybody.
can_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Installs packages of a Debian-like distribution; prints what apt said only if it failed.
install_packages() {
    local log
    log=$(mktemp)
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
