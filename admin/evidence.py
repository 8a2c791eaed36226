"""The facts behind an empty counter as sentences, with names only for who may know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import format_date

from admin.words import CAUSES, _
from hall.places import Places
from staffing.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact in words; ``rules_out``: the causes that it excludes; ``decides``: the cause follows from it."""

    words: str
    rules_out: tuple[str, ...]
    decides: bool


class Teller:
    """Puts facts into words for one reader; ``names``: NIP -> name, or None for who may not know who it is."""

    def __init__(
        self, place: Places, day_start: datetime, officers: Iterable[str], names: dict[str, str] | None
    ) -> None:
        self._place, self._day = place, day_start.astimezone(place.tz).date()
        self._names = names
        self._order = {nip: nr for nr, nip in enumerate(dict.fromkeys(officers), start=1)}

    def person(self, nip: str | None) -> str:
        """Who: the name, or only that it is an officer (numbered where there are several)."""
        if nip is None:
            return _("petugas")
        if self._names is not None:
            return self._names.get(nip, nip)
        return _("petugas %(nr)s", nr=self._order[nip]) if nip in self._order and len(self._order) > 1 else _("petugas")

    def time(self, moment: datetime | None) -> str:
        """Hours and minutes, with the date where it is another day."""
        if moment is None:
            return "…"
        local = moment.astimezone(self._place.tz)
        clock = local.strftime("%H.%M")
        return clock if local.date() == self._day else f"{format_date(local.date(), 'd MMM')} {clock}"

    def fact(self, found: Evidence) -> Fact:
        """One fact as a sentence; an unknown kind is told by its own name rather than left out."""
        sentence = _SENTENCES.get(found.kind)
        words = sentence(self, found) if sentence else found.kind
        excluded = tuple(str(CAUSES.get(cause, cause)) for cause in found.rules_out)
        return Fact(words[:1].upper() + words[1:], excluded, found.decides)

    def _given(self, e: Evidence) -> dict[str, str]:
        return {"who": self.person(e.officer), "since": self.time(e.start), "until": self.time(e.end)}

    def _counter(self, code: str) -> str:
        known = self._place.counters.get(code)
        return known.name if known else code

    def _source(self, code: str) -> str:
        return self._place.sources.get(code, code)

    def _outage(self, e: Evidence) -> str:
        kind, _colon, code = str(e.detail["what"]).partition(":")
        given = self._given(e)
        if kind == "counter":
            return _("konsol %(counter)s terputus %(since)s–%(until)s", counter=self._counter(code), **given)
        if kind == "hall":
            return _("jaringan balai terputus %(since)s–%(until)s", **given)
        return _("server terputus %(since)s–%(until)s", **given)

    def _plan(self, e: Evidence) -> str:
        words = _("%(who)s terjadwal di loket ini %(since)s–%(until)s", **self._given(e))
        if "substitute_for" in e.detail:
            words += _(", menggantikan %(who)s", who=self.person(e.detail["substitute_for"]))
        return words

    def _post(self, e: Evidence) -> str:
        if e.detail["filled"]:
            return _("formasi %(title)s terisi", title=e.detail["title"])
        return _("formasi %(title)s belum terisi", title=e.detail["title"])

    def _opened(self, e: Evidence) -> str:
        where = self._counter(e.detail["counter"])
        return _("instansi sudah buka sejak %(since)s di %(counter)s", counter=where, **self._given(e))

    def _unopened(self, e: Evidence) -> str:
        words = _("belum ada loket instansi ini yang dijaga hari itu")
        return words if e.detail.get("keeps_roster") else words + _("; instansi ini tidak menyimpan jadwal di balai")

    def _absence(self, e: Evidence) -> str:
        kind = CAUSES.get(e.detail["absence"], e.detail["absence"])
        words = _("%(who)s tercatat %(kind)s, %(since)s sampai %(until)s", kind=kind, **self._given(e))
        if self._names is not None and e.detail.get("document"):
            words += " " + _("(dokumen %(document)s)", document=e.detail["document"])
        return words

    def _punch(self, e: Evidence) -> str:
        given = self._given(e) | {"source": self._source(e.detail["source"])}
        if e.detail["role"] == "arrival":
            return _("%(who)s tercatat datang %(since)s menurut %(source)s", **given)
        if e.detail["role"] == "departure":
            return _("%(who)s tercatat pulang %(since)s menurut %(source)s", **given)
        return _("%(who)s tercatat presensi %(since)s menurut %(source)s", **given) + self._against(e)

    def _sign_in(self, e: Evidence) -> str:
        given = self._given(e) | {"counter": self._counter(e.detail["counter"])}
        if e.detail["role"] == "elsewhere":
            return _("%(who)s bertugas di %(counter)s sejak %(since)s", **given)
        return _("%(who)s masuk di %(counter)s pukul %(since)s", **given) + self._against(e)

    def _against(self, e: Evidence) -> str:
        cause = e.detail.get("contradicts")
        return _("; ini bertentangan dengan “%(cause)s”", cause=CAUSES.get(cause, cause)) if cause else ""

    def _out_missing(self, e: Evidence) -> str:
        return _("tidak ada catatan pulang; %(who)s dianggap hadir sejak %(since)s", **self._given(e))

    def _coverage(self, e: Evidence) -> str:
        source = self._source(e.detail["source"])
        if e.end is None:
            return _("%(source)s belum mengirim data apa pun", source=source)
        return _("data %(source)s lengkap sampai %(until)s", source=source, until=self.time(e.end))

    def _pause(self, e: Evidence) -> str:
        given = self._given(e) | {"reason": e.detail["reason"], "n": str(round(e.detail["allowance_minutes"]))}
        return _("%(who)s jeda sejak %(since)s (%(reason)s); batasnya %(n)s menit", **given)

    def _no_plan(self, e: Evidence) -> str:
        return _("tidak ada petugas yang terjadwal di loket ini")

    def _no_post(self, e: Evidence) -> str:
        return _("register formasi tidak mencatat formasi untuk loket ini")

    def _no_absence(self, e: Evidence) -> str:
        return _("tidak ada cuti, izin, atau dinas luar tercatat untuk %(who)s", who=self.person(e.officer))

    def _no_source(self, e: Evidence) -> str:
        return _("%(who)s tidak terhubung dengan sumber presensi mana pun", who=self.person(e.officer))


_SENTENCES: dict[str, Callable[[Teller, Evidence], str]] = {
    "outage": Teller._outage,
    "plan": Teller._plan,
    "no_plan": Teller._no_plan,
    "post": Teller._post,
    "no_post": Teller._no_post,
    "agency_opened": Teller._opened,
    "agency_unopened": Teller._unopened,
    "absence": Teller._absence,
    "no_absence": Teller._no_absence,
    "punch": Teller._punch,
    "sign_in": Teller._sign_in,
    "out_punch_missing": Teller._out_missing,
    "coverage": Teller._coverage,
    "no_source": Teller._no_source,
    "pause": Teller._pause,
}
