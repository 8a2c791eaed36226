#!/usr/bin/env bash
# Puts what Antre needs into .venv, on a machine that has nothing but Python.
#
#   scripts/bootstrap.sh            what running needs
#   scripts/bootstrap.sh dev        and what tests, lint and types need
#   scripts/bootstrap.sh browser    and a browser for the tests; its path ends up in .venv/browser
#
# May be run any number of times: what is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

what=${1:-run}
case $what in run | dev | browser) ;; *) fail "usage: scripts/bootstrap.sh [run|dev|browser]" ;; esac
python=.venv/bin/python

# pip's settings for the user or the machine stay in force; only its chatter goes.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.11 python3.12 python3.13; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    fail "Antre needs Python 3.11 or newer; install it, or name it: make setup PYTHON=/path/to/python3.11"
}

make_venv() {
    local found
    found=$(find_python)
    # Debian ships Python without the part that makes environments.
    if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
        can_install || fail "This Python cannot make environments; run: sudo apt-get install python3-venv"
        say "Installing python3-venv with apt-get"
        install_packages python3-venv
    fi
    say "Making an environment in .venv with $("$found" --version)"
    "$found" -m venv .venv
}

# A checkout that was moved or copied has an environment whose scripts point to the old place.
if [ -f .venv/place ] && [ "$(cat .venv/place)" != "$PWD" ]; then
    say "The checkout has moved: making its environment anew"
    rm -rf .venv
fi
if ! $python -c 'import pip' 2>/dev/null; then
    rm -rf .venv
    make_venv
fi
printf '%s\n' "$PWD" >.venv/place

# fresh NAME FILE...: whether these files are as they were when the stamp NAME was made.
fresh() {
    local stamp=.venv/done-$1
    shift
    [ -f "$stamp" ] && [ "$(sha256sum "$@")" = "$(cat "$stamp")" ]
}

stamp() {
    local stamp=.venv/done-$1
    shift
    sha256sum "$@" >"$stamp"
}

install_locked() {
    $python -m pip install -qq --progress-bar off --require-hashes -r "$1"
}

if ! fresh run requirements.lock; then
    say "Installing $(grep -c '==' requirements.lock) packages from requirements.lock (a minute or two the first time)"
    install_locked requirements.lock
    stamp run requirements.lock
fi
if [ "$what" != run ] && ! fresh dev requirements-dev.lock; then
    say "Installing the tools for tests from requirements-dev.lock"
    install_locked requirements-dev.lock
    stamp dev requirements-dev.lock
fi
if ! fresh antre pyproject.toml || ! [ -x .venv/bin/antre ]; then
    say "Installing Antre itself into .venv"
    $python -m pip install -qq --progress-bar off --no-deps --no-build-isolation -e .
    stamp antre pyproject.toml
fi

for po in web/translations/*/LC_MESSAGES/*.po; do
    mo=${po%.po}.mo
    if [ -f "$po" ] && ! [ "$mo" -nt "$po" ]; then
        say "Compiling $po"
        .venv/bin/pybabel -q compile -i "$po" -o "$mo"
    fi
done

find_browser() {
    local name
    for name in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

if [ "$what" = browser ]; then
    # What a small Debian lacks: besides the browser, what Playwright's own node is linked against, and the curl by which
    # a kiosk asks whether its server is ready.
    driver=$($python -c 'import pathlib, playwright; print(pathlib.Path(playwright.__file__).parent / "driver" / "node")')
    missing=()
    find_browser >/dev/null || missing+=(chromium)
    "$driver" --version >/dev/null 2>&1 || missing+=(libatomic1)
    command -v curl >/dev/null || missing+=(curl)
    if [ ${#missing[@]} -gt 0 ] && can_install; then
        say "Installing ${missing[*]} with apt-get"
        install_packages "${missing[@]}"
        missing=()
    fi
    for package in "${missing[@]}"; do
        [ "$package" = chromium ] || fail "The tests need $package; run: sudo apt-get install $package"
    done
    if ! browser=$(find_browser); then
        say "Installing Chromium with playwright"
        .venv/bin/playwright install chromium >/dev/null
        browser=$($python -c 'from playwright.sync_api import sync_playwright as p; w = p().start(); print(w.chromium.executable_path); w.stop()')
    fi
    "$driver" --version >/dev/null || fail "Playwright's driver does not start."
    "$browser" --version >/dev/null 2>&1 ||
        fail "$browser does not start; install the libraries it needs: sudo .venv/bin/playwright install-deps chromium"
    printf '%s\n' "$browser" >.venv/browser
fi
