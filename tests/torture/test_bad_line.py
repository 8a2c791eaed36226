"""A hundred screens behind lines that are cut, silent, slow and muddled: none shows or says what is not so."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters.printers.pretend import PretendPrinter
from tests.live import HALL, PIN, LiveHall, close_hall, open_hall, serve_again
from tests.torture.bad_line import BadLine, Manners
from tests.torture.hall_at_work import MORE, SECOND, Crew
from tests.torture.screens import Screen, Screens
from tests.torture.tally import Tally, size

NAMES = ("muddled", "slow", "cut", "silent", "held", "good")
GOOD = 5  # what its screens wait for is the machine's doing
BROKEN = (2, 3, 4)  # the lines that are out of order for a while
BACK_S = 2.0  # from a line's return until its screens show what is so
BANNER_S = 10.0  # from a line's end until its screens say so
OLD_S = 8  # calls older than this are shown and not spoken
MUDDLED = Manners(latency=(0.0, 0.3), asked_twice=0.3, nudge_lost=0.2, nudge_twice=0.3, nudge_late=(0.0, 1.5))
SLOW = Manners(latency=(0.3, 0.6), bytes_a_second=20_000)


@pytest.fixture
def hall(tmp_path: Path, printer: PretendPrinter) -> Iterator[LiveHall]:
    """A hall with two officers, where calls are soon too old to be spoken."""
    opened = open_hall(tmp_path, printer, more=MORE, ANTRE_SOCKETS="600", ANTRE_VOICE="off")
    try:
        file = tmp_path / "hall.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("grace_minutes = 1\n", f"grace_minutes = 1\nspeak_max_age_seconds = {OLD_S}\n"))
        pin = ("staff", "pin", SECOND, "--hall", HALL, "--pin-stdin")
        for words, typed in ((("init", str(file)), ""), (pin, f"{PIN}\n")):
            done = opened.command(*words, stdin=typed)
            assert done.returncode == 0, done.stderr
        yield opened
    finally:
        close_hall(opened)


def burden() -> float:
    """How many times as much work this machine has as it has cores: so many times longer everything takes."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Watch:
    """Holds what the screens told against what they must."""

    def __init__(self, screens: Screens) -> None:
        self.screens = screens
        self.worst: dict[str, float] = {}

    def slack(self, since: float, until: float) -> float:
        """How far behind this machine itself was: the screens' process, and all there is between it and the server for
        those on a good line. A screen may need one answer, and before it one that it gives up waiting for: the longer,
        the longer answers took when there were any."""
        behind = [late for at, late in list(self.screens.late) if since - 2 <= at <= until + 1]
        good = {c for c, screen in list(self.screens.all.items()) if screen.line == GOOD}
        asked = [took for at, took, c in list(self.screens.took) if since - 20 <= at <= until + 1 and c in good]
        return max(behind, default=0.0) + 3 * max(asked, default=0.0)

    def within(self, what: str, since: float, seconds: float, moments: list[float | None]) -> None:
        """Each of these came, and in time."""
        assert moments
        assert None not in moments, f"{what}: {moments.count(None)} of {len(moments)} screens never"
        came = [at for at in moments if at is not None]
        worst = max(came) - since
        self.worst[what] = max(worst, self.worst.get(what, 0.0))
        late = [at - since for at in came if at - since > seconds * burden() + self.slack(since, at)]
        assert not late, f"{what}: {len(late)} of {len(came)} screens after more than {seconds} s: {sorted(late)[-3:]}"

    def banners(self, since: float, line: int, live: bool) -> list[float | None]:
        """When each screen of a line first said so after this moment (or since: had said so already)."""
        return [
            next((at for at, said in screen.banner if at >= since and said is live), None)
            if screen.live is not live or any(at >= since for at, _ in screen.banner)
            else since
            for screen in self.screens.on(line)
        ]

    def caught_up(self, since: float, line: int, seq: int) -> list[float | None]:
        """When each screen of a line first showed this journal line."""
        return [
            next((max(at, since) for at, shown, _ in screen.boards if shown >= seq), None)
            for screen in self.screens.on(line)
        ]


def nothing_false(screen: Screen, calls: list[tuple[float, int]]) -> None:
    """A screen's whole life without a restored backup in it: it never went back, and said each call once, in order."""
    shown = [seq for _, seq, _ in screen.boards]
    assert shown == sorted(shown)
    assert not any(restored for *_, restored in screen.boards)
    spoken = [seq for _, seq in screen.spoken]
    assert spoken == sorted(set(spoken)), spoken
    mine = [(at, seq) for at, seq in calls if seq > shown[0]]
    assert set(spoken) <= {seq for _, seq in mine}
    for called, seq in mine:
        seen = next(at for at, upto, _ in screen.boards if upto >= seq)
        if seen - called < OLD_S - 1:
            assert seq in spoken, f"call {seq} was seen after {seen - called:.1f} s and not spoken"
        elif seen - called > OLD_S + 1:
            assert seq not in spoken, f"call {seq} was spoken though it was {seen - called:.1f} s old"


def break_for(lines: list[BadLine], watch: Watch, crew: Crew, seconds: float | None) -> None:
    """Cuts one line, silences another and holds up a third: so long, or until all their screens say so (None)."""
    began = time.time()
    for nr, how in zip(BROKEN, ("cut", "fall_silent", "hold"), strict=True):
        getattr(lines[nr], how)()
    if seconds is not None:
        time.sleep(seconds)
    else:
        for nr in BROKEN:
            watch.screens.until(lambda screen: screen.live is False, "said to be cut off", 60, nr)
            said = watch.banners(began, nr, live=False)
            watch.within(f"cut off ({NAMES[nr]})", began, BANNER_S, said)
        assert all(screen.live for nr in (0, 1, GOOD) for screen in watch.screens.on(nr)), (
            "a line that works counts as cut off"
        )
    newest = crew.seq()
    mended = time.time()
    for nr in BROKEN:
        lines[nr].mend()
    for nr in BROKEN:
        watch.screens.until(lambda screen: screen.seq >= newest and screen.live is True, "current again", 60, nr)
        watch.within(f"caught up ({NAMES[nr]})", mended, BACK_S, watch.caught_up(mended, nr, newest))
        watch.within(f"current again ({NAMES[nr]})", mended, BACK_S, watch.banners(mended, nr, live=True))


@pytest.mark.timeout(600)
def test_a_hundred_screens_on_bad_lines_show_and_say_what_is_so(hall: LiveHall, tally: Tally) -> None:
    crew = Crew(hall)
    crew.sit_down()
    port = int(hall.url.rpartition(":")[2])
    with ExitStack() as stack:
        stack.callback(crew.close)
        manners = (MUDDLED, SLOW, None, None, None, None)
        lines = [stack.enter_context(BadLine(port, seed=nr, manners=how)) for nr, how in enumerate(manners)]
        each = size(18, 36)
        many = {line.url: each for line in lines} | {lines[GOOD].url: 10}
        screens = stack.enter_context(Screens(hall.tokens["display"], many))
        watch = Watch(screens)
        screens.until(lambda screen: screen.seq > 0 and screen.live is True, "shown", 90)
        dice = random.Random(4)
        rounds = [None, *[dice.uniform(0.3, 5) for _ in range(size(1, 12))], *[None] * size(0, 3)]
        for seconds in rounds:
            with crew.working(pause=0.5):
                time.sleep(1)
                break_for(lines, watch, crew, seconds)
        last = crew.seq()
        screens.until(lambda screen: screen.seq >= last and screen.live is True, "current", 60)
        screens.until(lambda screen: not crew.calls or screen.spoken[-1][1] == crew.calls[-1][1], "said the last", 30)
        screens.reload()
        screens.until(lambda screen: screen.reloads == 1 and screen.boards[-1][0] > screen.reloaded, "loaded anew", 60)
        a_server_that_was_away(hall, crew, watch)
        for screen in screens.all.values():
            nothing_false(screen, crew.calls)
        an_older_backup(hall, crew, screens)
        assert screens.faults == []
        tally.add(histories=1, faults=sum(line.faults for line in lines), tickets=len(crew.tickets))
        tally.note(
            f"{len(screens.all)} screens, slowest of each: "
            + ", ".join(f"{w} {s:.1f} s" for w, s in watch.worst.items())
        )


def a_server_that_was_away(hall: LiveHall, crew: Crew, watch: Watch) -> None:
    """A restart: the screens come back by themselves."""
    done = hall.command("backup", str(hall.home / "older.db"))
    assert done.returncode == 0, done.stderr
    close_hall(hall)
    serve_again(hall)
    back = time.time()
    crew.come("1")
    crew.call("1")
    newest = crew.seq()
    watch.screens.until(lambda screen: screen.seq >= newest, "at the newest", 60)
    for nr in BROKEN:
        watch.within("caught up (server restarted)", back, BACK_S, watch.caught_up(back, nr, newest))
    last = crew.calls[-1][1]
    watch.screens.until(lambda screen: screen.spoken[-1][1] == last, "said what came after the restart", 30)


def an_older_backup(hall: LiveHall, crew: Crew, screens: Screens) -> None:
    """The journal goes back: the screens follow, say nothing of the past, and go on from there."""
    before = crew.seq()
    close_hall(hall)
    done = hall.command("restore", str(hall.home / "older.db"))
    assert done.returncode == 0, done.stderr
    serve_again(hall)
    older = crew.seq()
    assert older < before
    screens.until(lambda screen: screen.boards[-1][2] or screen.seq == older, "gone back", 60)
    for screen in screens.all.values():
        assert [restored for *_, restored in screen.boards].count(True) == 1
        screen.spoken.clear()
    crew.forget()
    crew.come("2")
    crew.call("2")
    call = crew.calls[-1][1]
    screens.until(lambda screen: [seq for _, seq in screen.spoken] == [call], "said that call and no other", 30)
