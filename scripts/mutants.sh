#!/usr/bin/env bash
# Changes the pure rules of empty counters one place at a time and asks whether a test notices (docs/mutants.md).
#
#   scripts/mutants.sh                      all of them: some minutes
#   scripts/mutants.sh 'staffing.vacancy*'  those of one module
#
# Works in a copy outside the checkout and says at the end what survived. Runs the fast tests of those modules only.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

venv=$PWD/.venv
[ -x "$venv/bin/mutmut" ] || fail "Run make tools first."
place=${MUTANTS:-$(mktemp -d)}
mkdir -p "$place/tests/staffing" "$place/tests/hall"
for room in hall queueing staffing; do
    rm -rf "${place:?}/$room"
    cp -r "$room" "$place/"
done
cp pyproject.toml "$place/"
cp tests/__init__.py tests/cast.py "$place/tests/"
cp tests/staffing/__init__.py tests/staffing/paper_day.py tests/staffing/test_vacancy*.py "$place/tests/staffing/"
cp tests/hall/__init__.py tests/hall/test_intervals*.py tests/hall/test_hours*.py "$place/tests/hall/"
# Two thousand random days for every change would take a day: what only they notice is listed as surviving.
rm -f "$place/tests/staffing/test_vacancy_properties.py"
# The same examples for every change, and none of them timed: a busy machine is no mutant.
cat >"$place/tests/conftest.py" <<'END'
from hypothesis import settings

settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
settings.load_profile("mutants")
END
cd "$place"
nice -n 10 "$venv/bin/mutmut" run --max-children "${CHILDREN:-1}" "$@"
"$venv/bin/mutmut" results
say "The mutants are in $place; see one with: cd $place && $venv/bin/mutmut show NAME"
