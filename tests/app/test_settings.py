"""The operator's settings: what is not understood stops the start with a sentence that says what to mend."""

from __future__ import annotations

import stat
import threading
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from app.settings import BadSettings, Settings, read_settings, secret_of
from tests.cast import ROOT

LONG = "a-secret-of-more-than-thirty-two-characters"


def test_without_a_word_everything_has_its_default() -> None:
    assert read_settings({"PATH": "/bin", "HOME": "/root"}) == Settings()
    assert Settings().bind == "127.0.0.1:8080"  # to this machine only, until somebody says otherwise
    assert Settings().secure_cookies


def test_every_setting_comes_from_the_environment(tmp_path: Path) -> None:
    given = {
        "ANTRE_HOME": str(tmp_path),
        "ANTRE_DATABASE_URL": "postgresql://antre@localhost/antre",
        "ANTRE_BIND": "0.0.0.0:80",
        "ANTRE_BASE_URL": "https://antre.example.go.id/",
        "ANTRE_SECRET_KEY": LONG,
        "ANTRE_SECURE_COOKIES": "no",
        "ANTRE_PROXIES": "1",
        "ANTRE_SOCKETS": "50",
        "ANTRE_THREADS": "8",
        "ANTRE_PROCESSES": "4",
        "ANTRE_DATABASE_CONNECTIONS": "12",
        "ANTRE_VOICE": "off",
        "ANTRE_RECORDINGS": "/srv/suara",
        "ANTRE_MESSAGES_FILE": "/etc/antre/messages.toml",
        "ANTRE_LOG_LEVEL": "debug",
    }
    assert set(given) == {f"ANTRE_{field.name.upper()}" for field in fields(Settings)}
    settings = read_settings(given)
    assert settings == Settings(
        tmp_path, "postgresql://antre@localhost/antre", "0.0.0.0:80", "https://antre.example.go.id/", LONG, False, 1,
        50, 8, 4, 12, "off", "/srv/suara", "/etc/antre/messages.toml", "debug",
    )  # fmt: skip
    assert settings.public_url == "https://antre.example.go.id"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ANTRE_BNID", "127.0.0.1:80", "ANTRE_BNID is not a setting"),
        ("ANTRE_HOME_FILE", "x", "ANTRE_HOME_FILE is not a setting"),
        ("ANTRE_HOME", "", "ANTRE_HOME is empty"),
        ("ANTRE_BIND", "8080", "host:port"),
        ("ANTRE_BIND", ":8080", "host:port"),
        ("ANTRE_BIND", "127.0.0.1:0", "host:port"),
        ("ANTRE_BIND", "127.0.0.1:65536", "host:port"),
        ("ANTRE_BIND", "127.0.0.1:²", "host:port"),
        ("ANTRE_THREADS", "many", "whole number"),
        ("ANTRE_THREADS", "-1", "whole number"),
        ("ANTRE_THREADS", "²", "whole number"),
        ("ANTRE_THREADS", "0", "nobody would be answered"),
        ("ANTRE_SECURE_COOKIES", "maybe", "true or false"),
        ("ANTRE_SECURE_COOKIES", "", "true or false"),
        ("ANTRE_VOICE", "siri", "espeak or off"),
        ("ANTRE_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("ANTRE_DATABASE_URL", "mysql://localhost/antre", "sqlite:///PATH or postgresql"),
        ("ANTRE_DATABASE_URL", "/var/lib/antre.db", "sqlite:///PATH or postgresql"),
        ("ANTRE_SECRET_KEY", "short", "forged"),
        ("ANTRE_BASE_URL", "antre.example.go.id", "http:// or https://"),
    ],
)
def test_what_makes_no_sense_stops_the_start(name: str, value: str, says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        read_settings({name: value})


@pytest.mark.parametrize("value", ["true", "TRUE", "1", "yes", "Yes"])
def test_yes_in_every_spelling(value: str) -> None:
    assert read_settings({"ANTRE_SECURE_COOKIES": value}).secure_cookies


def test_secrets_may_come_from_files(tmp_path: Path) -> None:
    key, url = tmp_path / "key", tmp_path / "url"
    key.write_text(f"{LONG}\n")
    url.write_text("postgresql://antre:pw@localhost/antre\n")
    settings = read_settings({"ANTRE_SECRET_KEY_FILE": str(key), "ANTRE_DATABASE_URL_FILE": str(url)})
    assert settings.secret_key == LONG
    assert settings.url == "postgresql://antre:pw@localhost/antre"


def test_a_secret_given_twice_or_in_no_file_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    with pytest.raises(BadSettings, match="cannot be read"):
        read_settings({"ANTRE_SECRET_KEY_FILE": str(key)})
    key.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match="cannot be read"):
        read_settings({"ANTRE_SECRET_KEY_FILE": str(key)})
    key.write_text(LONG)
    with pytest.raises(BadSettings, match="keep one"):
        read_settings({"ANTRE_SECRET_KEY_FILE": str(key), "ANTRE_SECRET_KEY": LONG})


def test_the_printer_agents_own_names_do_not_disturb_a_server() -> None:
    assert read_settings({"ANTRE_AGENT_TOKEN": "t", "ANTRE_AGENT_TOKEN_FILE": "/etc/antre/token"}) == Settings()


def test_the_database_lies_under_home_unless_something_else_is_said(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).url == f"sqlite:///{tmp_path}/antre.db"
    assert Settings(home=Path("var")).url == f"sqlite:///{Path('var').absolute()}/antre.db"
    assert Settings(database_url="sqlite:////srv/a.db").url == "sqlite:////srv/a.db"


def test_settings_do_not_change_while_the_server_runs() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().bind = "0.0.0.0:80"  # type: ignore[misc]


def test_every_setting_is_written_up() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for field in fields(Settings):
        assert f"ANTRE_{field.name.upper()}" in page


# ---- the secret ----


def test_the_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "new")
    with pytest.raises(BadSettings, match="No secret"):
        secret_of(settings)
    made = secret_of(settings, make=True)
    assert len(made) >= 32 and secret_of(settings) == secret_of(settings, make=True) == made
    assert stat.S_IMODE((settings.home / "secret.key").stat().st_mode) == 0o600


def test_a_stated_secret_goes_before_the_file(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, secret_key=LONG)
    assert secret_of(settings, make=True) == LONG
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_could_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("1234\n")
    with pytest.raises(BadSettings, match="forged"):
        secret_of(Settings(home=tmp_path))


def test_processes_that_make_the_secret_at_once_agree_on_it(tmp_path: Path) -> None:
    found: list[str] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        found.append(secret_of(Settings(home=tmp_path), make=True))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]
