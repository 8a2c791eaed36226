"""Who may do something here, and the proof of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from hall import people
from hall.database import Database
from hall.errors import Denied, Invalid, NotFound, NotSignedIn, Refusal, TooMany
from hall.people import (
    FREE_TRIES,
    accounts,
    check_pin,
    find_account,
    find_token,
    find_token_by_id,
    list_tokens,
    may_act_in,
    new_token,
    revoke_token,
    set_account,
    tokens,
    verify_pin,
)
from tests.cast import BIMA, SARI, TUESDAY_MORNING

NOW, PIN, WRONG = TUESDAY_MORNING, "senja-73", "senja-74"


@pytest.fixture
def hall(contoh_on_each: Database) -> Database:
    """The small hall, where Sari has a PIN and nobody else."""
    set_account(contoh_on_each, "contoh", SARI.nip, name=None, role=None, agency=None, pin=PIN)
    return contoh_on_each


def try_pin(db: Database, pin: str, now: datetime = NOW, login: str = SARI.nip) -> str:
    try:
        return verify_pin(db, "contoh", login, pin, now=now).name
    except (NotSignedIn, TooMany) as refused:
        return refused.code


def test_the_right_pin_opens_and_a_wrong_one_does_not(hall: Database) -> None:
    account = verify_pin(hall, "contoh", SARI.nip, PIN, now=NOW)
    assert (account.login, account.name, account.role, account.agency) == (SARI.nip, SARI.name, "officer", "dukcapil")
    assert try_pin(hall, WRONG) == "wrong_pin"
    assert try_pin(hall, "") == "wrong_pin"


def test_no_account_opens_before_somebody_gave_it_a_pin(hall: Database) -> None:
    assert [try_pin(hall, pin, login=BIMA.nip) for pin in ("", "123456", PIN)] == ["wrong_pin"] * 3


def test_unknown_people_are_answered_like_known_ones(hall: Database) -> None:
    assert try_pin(hall, PIN, login="200001012020011001") == "wrong_pin"
    with pytest.raises(NotSignedIn):
        verify_pin(hall, "elsewhere", SARI.nip, PIN, now=NOW)


def test_failures_slow_down_further_tries_more_and_more_up_to_a_quarter_of_an_hour(hall: Database) -> None:
    now, pauses = NOW, []
    assert [try_pin(hall, WRONG, now) for _ in range(FREE_TRIES)] == ["wrong_pin"] * FREE_TRIES
    for _ in range(9):
        assert try_pin(hall, WRONG, now) == "wrong_pin"
        with pytest.raises(TooMany) as refused:
            verify_pin(hall, "contoh", SARI.nip, PIN, now=now)  # even the right one waits
        pauses.append(refused.value.extra["retry_after"] - 1)
        now += timedelta(seconds=pauses[-1] + 1)
    assert pauses == [15, 30, 60, 120, 240, 480, 900, 900, 900]
    assert try_pin(hall, PIN, now) == SARI.name


def test_after_the_right_pin_the_count_begins_anew(hall: Database) -> None:
    for _ in range(FREE_TRIES):
        try_pin(hall, WRONG)
    assert try_pin(hall, PIN) == SARI.name
    assert [try_pin(hall, WRONG) for _ in range(FREE_TRIES)] == ["wrong_pin"] * FREE_TRIES
    assert try_pin(hall, PIN) == SARI.name


def test_guesses_at_the_same_moment_all_count_before_the_first_is_answered(hall: Database) -> None:
    other = Database(hall.url.render_as_string(hide_password=False))
    try:
        with ThreadPoolExecutor(16) as crowd:
            told = list(crowd.map(lambda nr: try_pin((hall, other)[nr % 2], WRONG), range(16)))
        assert sorted(told) == ["too_many_tries"] * (16 - FREE_TRIES - 1) + ["wrong_pin"] * (FREE_TRIES + 1)
        assert try_pin(hall, PIN) == "too_many_tries"
    finally:
        other.close()


def test_a_crowd_at_the_door_is_turned_away_before_it_fills_memory_and_threads(
    hall: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "_waiting", threading.BoundedSemaphore(1))
    with people._in_line():
        assert try_pin(hall, PIN) == "too_many_tries"
    assert try_pin(hall, PIN) == SARI.name


def test_a_new_pin_ends_older_sessions_and_lifts_the_pause(hall: Database) -> None:
    before = verify_pin(hall, "contoh", SARI.nip, PIN, now=NOW)
    for _ in range(FREE_TRIES + 1):
        try_pin(hall, WRONG)
    set_account(hall, "contoh", SARI.nip, name=None, role=None, agency=None, pin="fajar-2026")
    assert [try_pin(hall, PIN), try_pin(hall, "fajar-2026")] == ["wrong_pin", SARI.name]
    with hall.reading() as connection:
        assert find_account(connection, "contoh", SARI.nip, before.version) is None
        assert find_account(connection, "contoh", SARI.nip, before.version + 1) is not None


def test_another_name_or_role_ends_no_session(hall: Database) -> None:
    before = verify_pin(hall, "contoh", SARI.nip, PIN, now=NOW)
    set_account(hall, "contoh", SARI.nip, name="Sari W.", role="coordinator", agency=None, pin=None)
    with hall.reading() as connection:
        account = find_account(connection, "contoh", SARI.nip, before.version)
    assert account is not None and (account.name, account.role) == ("Sari W.", "coordinator")


def test_neither_pins_nor_tokens_are_stored(hall: Database) -> None:
    secret = new_token(hall, "kiosk", hall="contoh", name="k1", now=NOW)
    with hall.reading() as connection:
        stored = str(connection.execute(select(accounts.c.pin_hash)).all()) + str(
            connection.execute(select(tokens)).all()
        )
    assert PIN not in stored and secret not in stored
    assert "$argon2id$" in stored


@pytest.mark.parametrize("pin", ["", "12345", "111111", "123456", "654321", "abcdef", "x" * 129])
def test_a_pin_that_everybody_guesses_is_refused(contoh: Database, pin: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_account(contoh, "contoh", SARI.nip, name=None, role=None, agency=None, pin=pin)
    assert refused.value.code == "weak_pin"
    assert try_pin(contoh, pin) == "wrong_pin"


@pytest.mark.parametrize("pin", ["135792", "senja-73", "112233", "x9" * 64])
def test_other_pins_will_do(pin: str) -> None:
    check_pin(pin)


def test_an_account_needs_a_name_a_role_and_a_hall(contoh: Database) -> None:
    def make(hall: str, name: str | None, role: str | None) -> None:
        set_account(contoh, hall, "bupati", name=name, role=role, agency=None, pin=None)

    for name, role, code in (
        (None, "regent", "name_needed"),
        ("Bupati", None, "name_needed"),
        ("X", "king", "unknown_role"),
    ):
        with pytest.raises(Invalid) as refused:
            make("contoh", name, role)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        make("tiada", "Bupati", "regent")
    make("contoh", "Bupati", "regent")


@pytest.mark.parametrize(
    ("login", "name", "role", "agency", "code"),
    [
        ("", "Bupati", "regent", None, "bad_login"),
        ("pak bupati", "Bupati", "regent", None, "bad_login"),
        ("x" * 61, "Bupati", "regent", None, "bad_login"),
        ("bupati", " ", "regent", None, "bad_name"),
        ("bupati", "Bu\npati", "regent", None, "bad_name"),
        ("bupati", "x" * 201, "regent", None, "bad_name"),
        ("kepala", "Kepala", "head", None, "agency_needed"),
        ("kepala", "Kepala", "head", "nowhere", "unknown_agency"),
    ],
)
def test_an_account_that_nobody_could_use_is_refused(
    contoh: Database, login: str, name: str, role: str, agency: str | None, code: str
) -> None:
    with pytest.raises((Invalid, NotFound)) as refused:
        set_account(contoh, "contoh", login, name=name, role=role, agency=agency, pin=PIN)
    assert refused.value.code == code
    with contoh.reading() as connection:
        assert connection.execute(select(accounts).where(accounts.c.role == role)).all() == []


def test_a_head_keeps_the_agency_that_was_told_before(contoh: Database) -> None:
    for agency in ("samsat", None):
        set_account(contoh, "contoh", "kepala", name="Kepala", role="head", agency=agency, pin=PIN)
    assert verify_pin(contoh, "contoh", "kepala", PIN, now=NOW).agency == "samsat"


@pytest.mark.parametrize("name", ["x" * 81, " ", "kios\n1", "kios\x1b[2J"])
def test_a_token_whose_name_would_break_a_list_is_refused(contoh: Database, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        new_token(contoh, "kiosk", hall="contoh", name=name, now=NOW)
    assert refused.value.code == "bad_name"


def test_a_token_is_found_by_its_secret_until_it_is_revoked(hall: Database) -> None:
    secret = new_token(hall, "kiosk", hall="contoh", name="k1", now=NOW)
    with hall.reading() as connection:
        token = find_token(connection, secret)
        assert token is not None and (token.role, token.hall, token.name) == ("kiosk", "contoh", "k1")
        assert find_token_by_id(connection, token.id) == token
        assert find_token(connection, secret[:-1]) is None
        assert list_tokens(connection) == [token]
    revoke_token(hall, token.id, now=NOW)
    with hall.reading() as connection:
        assert find_token(connection, secret) is None
        assert find_token_by_id(connection, token.id) is None
    with pytest.raises(NotFound):
        revoke_token(hall, token.id, now=NOW)


@pytest.mark.parametrize(
    ("role", "where", "code"),
    [("emperor", "contoh", "unknown_role"), ("kiosk", None, "hall_needed"), ("manager", None, "hall_needed")],
)
def test_a_token_for_nothing_or_for_everywhere_is_refused(
    contoh: Database, role: str, where: str | None, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        new_token(contoh, role, hall=where, name="x", now=NOW)
    assert refused.value.code == code
    with pytest.raises(NotFound):
        new_token(contoh, "kiosk", hall="tiada", name="x", now=NOW)


def test_who_is_bound_to_a_hall_does_nothing_in_another() -> None:
    may_act_in(None, "contoh")
    may_act_in("contoh", "contoh")
    with pytest.raises(Denied) as refused:
        may_act_in("blora", "contoh")
    assert refused.value.code == "other_hall"


def test_guesses_at_names_nobody_has_are_slowed_like_guesses_at_real_ones(contoh: Database) -> None:
    def answers(login: str) -> list[str]:
        found = []
        for _ in range(6):
            with pytest.raises(Refusal) as refused:
                verify_pin(contoh, "contoh", login, "bukan-pin-ini", now=TUESDAY_MORNING)
            found.append(refused.value.code)
        return found

    assert answers("111111111111111111") == answers(SARI.nip) == ["wrong_pin"] * 5 + ["too_many_tries"]
