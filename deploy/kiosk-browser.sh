#!/usr/bin/env bash
# Runs Chromium as a kiosk, a waiting room's screen or a counter's console, and starts it again whenever it ends.
#
#   kiosk-browser.sh SERVER TOKENFILE [more Chromium flags]
#
#   SERVER      https://antre.example.go.id
#   TOKENFILE   the device's token (antre token new kiosk|display|console ...), readable for this user alone
#
# The token says which face and which hall this is. It is handed to the browser in a file of its own and to the page in
# the address's fragment (/perangkat#TOKEN): neither the list of processes nor any server's log ever shows it.
set -euo pipefail

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

[ $# -ge 2 ] || fail "usage: kiosk-browser.sh SERVER TOKENFILE [more Chromium flags]"
server=${1%/}
token_file=$2
shift 2

case $server in http://* | https://*) ;; *) fail "$server is not an address; it starts with https://" ;; esac
[ -r "$token_file" ] || fail "$token_file cannot be read."
[ "$(stat -c %a "$token_file")" = 600 ] || fail "Others may read $token_file: chmod 600 $token_file"
token=$(tr -d '[:space:]' <"$token_file")
[[ $token =~ ^[A-Za-z0-9._~-]+$ ]] || fail "$token_file holds no token."

chromium=
for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then chromium=$name && break; fi
done
[ -n "$chromium" ] || fail "Chromium is not installed: sudo apt-get install chromium"
command -v curl >/dev/null || fail "curl is not installed: sudo apt-get install curl"

profile=${PROFILE:-$HOME/.local/share/antre-browser}
runtime=${XDG_RUNTIME_DIR:-$profile}/antre-browser
page=$runtime/start.html
umask 077
mkdir -p "$profile" "$runtime"

# On X11: no blanking, no sleeping screen, no arrow on the glass. A Wayland kiosk (cage) needs none of it.
if [ -n "${DISPLAY:-}" ]; then
    if command -v xset >/dev/null; then xset s off s noblank -dpms || true; fi
    if [ "${CURSOR:-hide}" = hide ] && command -v unclutter >/dev/null; then unclutter -idle 0.1 -root & fi
fi

# show SECONDS ADDRESS TEXT: the page the browser starts with; it goes to ADDRESS (none: to itself) after SECONDS.
show() {
    printf '<!doctype html><html lang="id"><meta charset="utf-8"><meta http-equiv="refresh" content="%s%s">' \
        "$1" "${2:+;url=$2}" >"$page.new"
    printf '<title>Antre</title><body style="background:#10243a;color:#fff;font:32px sans-serif;display:grid;%s">%s' \
        'place-items:center;height:100vh;margin:0' "$3" >>"$page.new"
    mv "$page.new" "$page"
}

# Waits until the server is ready, then lets the waiting page go there; the token leaves the disk again soon after.
lead_in() {
    until curl -fsS -m 5 -o /dev/null "$server/readyz" 2>/dev/null; do sleep 2; done
    show 0 "$server/perangkat#$token" "Membuka antrean …"
    sleep 15
    rm -f "$page"
}

flags=(
    --kiosk
    --user-data-dir="$profile"
    --autoplay-policy=no-user-gesture-required # calls are spoken without a first touch
    --disable-pinch
    --overscroll-history-navigation=0 # a swipe must not leave the page
    --noerrdialogs
    --disable-session-crashed-bubble
    --hide-crash-restore-bubble
    --no-first-run
    --no-default-browser-check
    --password-store=basic # no keyring asks for a password at the start
    --disable-component-update
    --disable-background-networking
    --disable-sync
    "--disable-features=Translate,OverscrollHistoryNavigation,MediaRouter"
    --touch-events=enabled
    --check-for-update-interval=31536000
)

browser=
leader=
finish() {
    trap - EXIT INT TERM
    rm -f "$page" "$page.new"
    # shellcheck disable=SC2046 # the numbers of our own children, one word each
    kill $(jobs -p) 2>/dev/null || true
    wait || true
    exit 0
}
trap finish EXIT INT TERM

while :; do
    show 3 "" "Menunggu server antrean …"
    lead_in &
    leader=$!
    "$chromium" "${flags[@]}" "$@" "file://$page" &
    browser=$!
    wait "$browser" || true
    kill "$leader" 2>/dev/null || true
    sleep 2 # a browser that cannot start must not spin
done
