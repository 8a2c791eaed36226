"""``antre messages test`` and what the doctor says of channels: whether a message would arrive, before it has to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.messages.pretend import PretendReceiver
from app.cli import cli
from app.doctor import must_be_fit_to_serve
from app.settings import BadSettings, Settings
from hall.database import Database
from tests.app.visit import Clock, look, of, said
from tests.staffing.watching import STAGES, set_stages

SECRET = "rahasia-bersama-" * 3


@pytest.fixture
def receiver() -> Iterator[PretendReceiver]:
    """A gateway and command centre in one."""
    with PretendReceiver() as started:
        yield started


def channels_file(home: Path, text: str, mode: int = 0o600) -> str:
    path = home / "messages.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def trial(home: Path, file: str, channel: str) -> Result:
    """Runs the command as an operator would."""
    environment = {"ANTRE_HOME": str(home), "ANTRE_MESSAGES_FILE": file}
    return CliRunner().invoke(cli, ["messages", "test", channel], env=environment)


def test_a_trial_goes_through_the_channel(tmp_path: Path, receiver: PretendReceiver) -> None:
    file = channels_file(tmp_path, f'[channels]\nkoordinator = "{receiver.channel}"\n')
    done = trial(tmp_path, file, "koordinator")
    assert (done.exit_code, done.output) == (0, "koordinator took the message.\n")
    [came] = receiver.received
    assert came.body["title"] == "Antre: pesan percobaan"


def test_a_trial_of_a_webhook_is_signed(tmp_path: Path, receiver: PretendReceiver) -> None:
    file = channels_file(tmp_path, f'[webhook.komando]\nurl = "{receiver.url}"\nsecret = "{SECRET}"\n')
    assert trial(tmp_path, file, "komando").exit_code == 0
    [came] = receiver.received
    assert came.body["event"] == came.headers["x-antre-event"] == "test"
    assert came.headers["x-antre-signature"].startswith("sha256=")


def test_a_channel_that_does_not_work_is_told_with_status_one(tmp_path: Path, receiver: PretendReceiver) -> None:
    receiver.status = 500
    file = channels_file(tmp_path, f'[channels]\nkoordinator = "{receiver.channel}"\nsalah = "omong-kosong://x"\n')
    refused = trial(tmp_path, file, "koordinator")
    assert refused.exit_code == 1 and "did not take the message (refused)" in refused.output
    assert "bad_address" in trial(tmp_path, file, "salah").output
    unknown = trial(tmp_path, file, "kadis")
    assert unknown.exit_code == 1 and "koordinator, salah" in unknown.output
    assert "127.0.0.1" not in refused.output + unknown.output, "an address is a secret"


def test_without_a_file_the_command_says_what_is_missing(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["messages", "test", "x"], env={"ANTRE_HOME": str(tmp_path)})
    assert done.exit_code == 1 and "ANTRE_MESSAGES_FILE" in done.output


def test_a_hall_without_channels_is_fine(home: Settings) -> None:
    found = look(home)
    assert of(found, "messages") == ["ok"]
    assert "nobody is messaged" in said(found, "messages")


def test_a_channel_of_the_hall_file_without_an_address_is_a_fault(contoh: Database, home: Settings) -> None:
    set_stages(contoh, *STAGES)
    found = look(home)
    assert of(found, "messages") == ["fault"] * 5
    assert "names the channel bupati" in said(found, "messages")


def test_the_doctor_looks_at_every_address_without_sending(
    contoh: Database, home: Settings, receiver: PretendReceiver
) -> None:
    set_stages(contoh, STAGES[0])
    file = channels_file(
        home.home,
        f'[channels]\nkoordinator = "{receiver.channel}"\nsalah = "omong-kosong://x"\n'
        f'[webhook.jauh]\nurl = "http://komando.example/"\nsecret = "{SECRET}"\n'
        f'[webhook.dekat]\nurl = "{receiver.url}"\nsecret = "{SECRET}"\nhalls = ["contoh"]\n'
        f'[webhook.lain]\nurl = "https://komando.example/"\nsecret = "{SECRET}"\nhalls = ["lain"]\n',
    )
    found = look(with_file(home, file))
    told = {f.message: f.level for f in found if f.topic == "messages"}
    assert told == {
        "The address of channel salah is none that can be sent to.": "fault",
        "Webhook jauh is not HTTPS: anybody on the way can read what is told.": "warning",
        "Webhook dekat is told of every flag.": "ok",
        "Webhook lain speaks of halls that are not here: lain.": "warning",
    }
    assert receiver.received == []


def test_a_file_that_others_may_read_stops_the_start(home: Settings) -> None:
    settings = with_file(home, channels_file(home.home, "[channels]\n", 0o644))
    assert of(look(settings), "messages") == ["fault"]
    with pytest.raises(BadSettings, match="chmod 600"):
        must_be_fit_to_serve(settings, clock=Clock())


def with_file(settings: Settings, file: str) -> Settings:
    return Settings(home=settings.home, voice="off", messages_file=file)
