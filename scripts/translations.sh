#!/usr/bin/env bash
# Finds the sentences that people see (msgid: Indonesian, as they stand in code and templates) for the catalogues.
#
#   scripts/translations.sh                   new sentences into every catalogue, gone ones out of it, and compile
#   scripts/translations.sh template FILE     only what stands in code and templates now, into FILE
#
# What is new is left empty in web/translations/<language>/LC_MESSAGES/messages.po: write it there and run this again.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

pybabel=.venv/bin/pybabel
catalogues=web/translations

extract() {
    $pybabel -q extract -F babel.cfg -k lazy_gettext -k lazy_pgettext:1c,2 --no-wrap --add-location=file \
        --project=Antre --copyright-holder="the Antre authors" -o "$1" app web kiosk counter display admin
}

case ${1:-all} in
all)
    template=$(mktemp)
    trap 'rm -f "$template"' EXIT
    extract "$template"
    # A sentence that resembles another is not its translation: nothing is guessed.
    $pybabel -q update -i "$template" -d $catalogues --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
    $pybabel compile --statistics -d $catalogues 2>&1 | grep -v '^compiling' || true
    ;;
template) extract "${2:?which file?}" ;;
*) fail "usage: scripts/translations.sh [template FILE]" ;;
esac
