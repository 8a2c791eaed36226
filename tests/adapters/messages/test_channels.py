"""The messages file: read whole or refused with what to mend, and its secrets never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.messages.channels import BadChannels, is_too_open, read_channels

SECRET = "rahasia-" * 5
GOOD = f"""
[channels]
koordinator = "tgram://123456:SANGAT-RAHASIA/987"
kadis = "json://127.0.0.1:9/kadis"

[webhook.komando]
url = "https://komando.example/antre"
secret = "{SECRET}"
halls = ["blora"]

[webhook.semua]
url = "http://10.0.0.5/antre"
secret = "{SECRET}"
"""


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "messages.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_a_good_file_gives_addresses_and_webhooks(tmp_path: Path) -> None:
    channels = read_channels(write(tmp_path, GOOD))
    assert set(channels.addresses) == {"koordinator", "kadis"}
    assert channels.webhooks["komando"].secret == SECRET
    assert channels.webhooks_of("blora") == ("komando", "semua")
    assert channels.webhooks_of("lain") == ("semua",)


def test_an_empty_file_has_no_channels(tmp_path: Path) -> None:
    channels = read_channels(write(tmp_path, ""))
    assert (channels.addresses, channels.webhooks) == ({}, {})


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(BadChannels, match="chmod 600"):
        read_channels(write(tmp_path, GOOD, mode))


@pytest.mark.parametrize(
    ("mode", "owner", "open_"),
    [(0o600, 7, False), (0o400, 7, False), (0o640, 7, True), (0o640, 0, False), (0o644, 0, True), (0o660, 0, True)],
)
def test_the_group_may_read_only_what_belongs_to_somebody_else(mode: int, owner: int, open_: bool) -> None:
    assert is_too_open(mode, owner, 7) == open_


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadChannels, match="cannot be read"):
        read_channels(tmp_path / "nothing.toml")
    with pytest.raises(BadChannels, match=r"cannot be read|no file"):
        read_channels(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[channels]", "[chanels]", "'chanels' is not known"),
        ('"json://127.0.0.1:9/kadis"', '"SANGAT-RAHASIA"', "kadis needs an address"),
        ('"json://127.0.0.1:9/kadis"', "7", "kadis needs an address"),
        ("kadis =", '"ka dis" =', "is no name"),
        ("https://komando.example/antre", "ftp://SANGAT-RAHASIA", "https://"),
        ("https://komando.example/antre", "https://komando.example:0/", "https://"),
        (SECRET, "SANGAT-RAHASIA", "32 characters"),
        ('halls = ["blora"]', 'halls = "blora"', "list of codes"),
        ('halls = ["blora"]', 'hall = "blora"', "'hall' is not known"),
        ("[webhook.komando]", "[webhook]", r"\[webhook\.url\]"),
        ("kadis =", "kadis = SANGAT-RAHASIA", r"no TOML \(line 4\)"),
    ],
)
def test_a_broken_file_is_refused_with_what_to_mend_and_without_its_secrets(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in GOOD
    with pytest.raises(BadChannels, match=said) as caught:
        read_channels(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "SANGAT-RAHASIA" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_bytes_that_are_no_text_and_a_file_too_large_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadChannels, match="no TOML"):
        read_channels(path)
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(BadChannels, match="larger"):
        read_channels(path)


def test_what_is_printed_of_channels_holds_no_secret(tmp_path: Path) -> None:
    shown = repr(read_channels(write(tmp_path, GOOD)))
    assert SECRET not in shown and "RAHASIA" not in shown and "komando.example" not in shown
