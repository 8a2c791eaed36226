"""Letters as documents without a form: what a draft (*konsep*) says, built from the facts of a case alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hall.places import Agency, Counter, Places
from staffing import letter_words as say
from staffing.cases import Case, Taken
from staffing.followups import BY_PERSON, SCHEDULED

BLANK = "…………………………"
CONFIRM = "[perlu dipastikan oleh Bagian Hukum]"
STAMP = "KONSEP"
TITLES = {
    "invitation": "Undangan rapat",
    "examination": "Permintaan pemeriksaan oleh atasan langsung",
    "rotation": "Nota usulan pengisian formasi atau rotasi",
    "notice": "Pemberitahuan kepada pimpinan instansi",
}


@dataclass(frozen=True, slots=True)
class Table:
    """The facts. ``widths`` are shares of the page's width; ``figures`` the columns that are set to the right."""

    title: str
    columns: tuple[str, ...]
    widths: tuple[float, ...]
    figures: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A drafted letter. ``names``: it says who an officer is, so that who reads it is written down."""

    kind: str
    title: str
    stamp: str
    head: tuple[str, ...]
    dateline: str
    fields: tuple[tuple[str, str], ...]
    to: tuple[str, ...]
    opening: tuple[str, ...]
    particulars: tuple[tuple[str, str], ...]
    body: tuple[str, ...]
    signature: tuple[str, ...]
    copies: tuple[str, ...]
    notes: tuple[str, ...]
    table: Table
    names: bool

    def plain(self) -> dict[str, Any]:
        """As plain values, the way it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Person:
    """An officer as a letter names them."""

    nip: str
    name: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What a letter is made from: the hall, the case, its vacancies, who the officers are, the vacant posts' titles.

    ``absent_days``: working days without notice counted this year for the officer of an examination, or None.
    """

    place: Places
    case: Case
    pieces: Sequence[Taken]
    people: Mapping[str, Person]
    posts: Sequence[str]
    now: datetime
    absent_days: int | None = None

    @property
    def tz(self) -> ZoneInfo:
        return self.place.tz

    @property
    def agency(self) -> Agency:
        return self.place.agencies[self.case.agency]

    def counter(self, code: str) -> str:
        """A counter's name; its code once it is gone."""
        known: Counter | None = self.place.counters.get(code)
        return known.name if known else code


def draft(kind: str, matter: Matter, officer: str | None = None) -> Letter:
    """The letter of this kind. An examination is about one ``officer`` (NIP) and tells of nobody else."""
    if kind == "examination":
        assert officer is not None
        return _examination(matter, officer)
    return {"invitation": _invitation, "rotation": _rotation, "notice": _notice}[kind](matter)


def letter_from_plain(data: Mapping[str, Any]) -> Letter:
    """The opposite of :meth:`Letter.plain`, also from JSON."""
    table = {name: _tupled(value) for name, value in data["table"].items()}
    return Letter(**({name: _tupled(value) for name, value in data.items()} | {"table": Table(**table)}))


def _tupled(value: Any) -> Any:
    return tuple(_tupled(v) for v in value) if isinstance(value, list | tuple) else value


def _invitation(m: Matter) -> Letter:
    by_hours = all(p.cause in SCHEDULED for p in m.pieces)
    topic = "Jam Layanan Loket" if by_hours else "Pengisian Loket"
    at, place = m.case.meeting_at, m.case.meeting_place
    day = say.long_date(at.astimezone(m.tz).date()) if at else BLANK
    time = f"{say.clock(at, m.tz)} {say.zone_name(at, m.tz)} sampai dengan selesai" if at else BLANK
    return _letter(
        m,
        "invitation",
        subject=f"Undangan Rapat Pembahasan {topic}",
        to=_to_the_head(m),
        opening=(
            "Dengan hormat,",
            _what_happened(m),
            (
                "Sehubungan dengan hal tersebut, kami mengundang Saudara, atau pejabat yang Saudara tunjuk, untuk "
                "hadir dalam rapat yang akan diselenggarakan pada:"
            ),
        ),
        particulars=(
            ("hari, tanggal", day),
            ("pukul", time),
            ("tempat", place or BLANK),
            ("acara", f"Pembahasan {topic.lower()} {m.agency.name} di {say.hall_in_full(m.place.name)}"),
        ),
        body=(
            "Kami berharap rapat dapat menyepakati langkah agar warga yang sudah datang tetap terlayani.",
            "Atas perhatian dan kehadiran Saudara, kami ucapkan terima kasih.",
        ),
    )


def _examination(m: Matter, officer: str) -> Letter:
    person = m.people.get(officer, Person(officer, BLANK))
    own = [p for p in m.pieces if officer in p.officers]
    counters = _listed(sorted({m.counter(p.counter) for p in own}))
    first, last = _days(own, m.tz)
    told = (
        f"Berdasarkan jadwal, catatan kehadiran di loket, dan data presensi yang telah masuk pada sistem antrean "
        f"{say.hall_in_full(m.place.name)}, Saudara {person.name}, NIP {person.nip}, dijadwalkan bertugas di "
        f"{counters} {say.span(first, last)}, tetapi pada waktu yang tercantum dalam lampiran tidak tercatat hadir, "
        f"dan sampai konsep surat ini disusun belum ada keterangan yang tercatat."
    )
    due = say.long_date(m.case.due) if m.case.due else BLANK
    asked = (
        "Sehubungan dengan itu, kami mohon Saudara selaku atasan langsung meminta keterangan kepada yang bersangkutan "
        f"dan melakukan pemeriksaan sebagaimana diatur dalam Peraturan Pemerintah Nomor 94 Tahun 2021 Pasal 26 "
        f"{CONFIRM}, serta menyampaikan hasilnya kepada kami paling lambat {due}."
    )
    count: tuple[str, ...] = ()
    if m.absent_days is not None:
        days = f"{m.absent_days} ({say.in_words(m.absent_days)})" if m.absent_days < 12 else str(m.absent_days)
        count = (
            (
                f"Menurut catatan sistem, sepanjang tahun {last.year} terdapat {days} hari kerja terjadwal di balai "
                f"ini tanpa keterangan yang tercatat. Angka ini indikatif dan harus dicocokkan dengan data kepegawaian."
            ),
        )
    fair = (
        "Catatan ini bukan penilaian atas diri yang bersangkutan. Apabila terdapat keterangan atau dokumen yang sah, "
        "mohon disampaikan agar catatan kami perbaiki. Kesimpulan dan tindak lanjut sepenuhnya menjadi kewenangan "
        "Saudara setelah yang bersangkutan didengar keterangannya."
    )
    return _letter(
        m,
        "examination",
        subject="Permintaan Pemeriksaan oleh Atasan Langsung",
        nature="Rahasia",
        to=(f"Atasan langsung Saudara {person.name}", f"pada {m.agency.name}"),
        opening=("Dengan hormat,", told),
        body=(asked, *count, fair, "Atas perhatian dan kerja sama Saudara, kami ucapkan terima kasih."),
        pieces=own,
        copies=(say.head_of(m.agency.name, m.agency.kind), "Kepala perangkat daerah yang membidangi kepegawaian"),
        notes=(
            f"Pasal yang dirujuk {CONFIRM} sebelum surat ditandatangani.",
            "Jenis keterangan tidak perlu memuat keadaan kesehatan; cukup jenis dan nomor dokumennya.",
        ),
        names=True,
    )


def _rotation(m: Matter) -> Letter:
    counters = _listed(sorted({m.counter(p.counter) for p in m.pieces}))
    posts = f" Formasi yang tercatat belum terisi: {_listed(list(m.posts))}." if m.posts else ""
    return _letter(
        m,
        "rotation",
        subject=f"Usulan Pengisian Formasi atau Rotasi Petugas {counters}",
        to=("Kepala perangkat daerah yang membidangi kepegawaian", f"{m.place.regency}"),
        opening=("Dengan hormat,", _what_happened(m) + posts),
        body=(
            (
                f"Sehubungan dengan itu, kami mengusulkan agar dipertimbangkan pengisian formasi, atau rotasi maupun "
                f"penugasan petugas untuk {counters} pada {m.agency.name}, sesuai ketentuan yang berlaku {CONFIRM}."
            ),
            (
                "Sambil menunggu, kami mohon dipertimbangkan penunjukan petugas pengganti sementara agar warga tetap "
                "terlayani. Usul ini tidak menunjuk orang; penetapannya menjadi kewenangan pejabat yang berwenang."
            ),
            "Atas perhatian Saudara, kami ucapkan terima kasih.",
        ),
        copies=(*_regency(m), say.head_of(m.agency.name, m.agency.kind)),
    )


def _notice(m: Matter) -> Letter:
    named = any(p.cause in BY_PERSON and p.officers for p in m.pieces)
    return _letter(
        m,
        "notice",
        subject="Pemberitahuan Keadaan Loket",
        nature="Rahasia" if named else "Biasa",
        to=_to_the_head(m),
        opening=("Dengan hormat,", _what_happened(m)),
        body=(
            (
                "Sehubungan dengan itu, kami mohon perhatian Saudara agar loket tersebut terisi pada jam layanan, atau "
                "menugaskan petugas pengganti bila petugas yang dijadwalkan berhalangan."
            ),
            (
                "Apabila terdapat keterangan atau data yang belum kami terima, mohon disampaikan agar catatan kami "
                f"perbaiki. Tanggapan Saudara kami nantikan paling lambat {_due(m)}."
            ),
            "Atas perhatian dan kerja sama Saudara, kami ucapkan terima kasih.",
        ),
        names=named,
    )


def _letter(
    m: Matter,
    kind: str,
    *,
    subject: str,
    to: tuple[str, ...],
    opening: tuple[str, ...],
    body: tuple[str, ...],
    particulars: tuple[tuple[str, str], ...] = (),
    nature: str = "Biasa",
    copies: tuple[str, ...] | None = None,
    notes: tuple[str, ...] = (),
    pieces: Sequence[Taken] | None = None,
    names: bool = False,
) -> Letter:
    regency = m.place.regency
    head = [f"PEMERINTAH {regency.upper()}", say.hall_in_full(m.place.name).upper()]
    if m.place.options.address:
        head.append(m.place.options.address)
    made = say.moment_text(m.now, m.tz)
    return Letter(
        kind=kind,
        title=TITLES[kind],
        stamp=f"{STAMP} · disusun {made} dari catatan sistem antrean · belum diperiksa dan belum ditandatangani",
        head=tuple(head),
        dateline=f"{say.town_of(regency)}, {BLANK} {m.now.astimezone(m.tz).year}",
        fields=(("Nomor", BLANK), ("Sifat", nature), ("Lampiran", "1 (satu) berkas"), ("Perihal", subject)),
        to=to,
        opening=opening,
        particulars=particulars,
        body=body,
        signature=("(jabatan penanda tangan)", "(nama)", "NIP …………………"),
        copies=_regency(m) if copies is None else copies,
        notes=("Konsep ini disusun dari catatan sistem; isi dan dasar hukumnya diperiksa sebelum dikirim.", *notes),
        table=_table(m, m.pieces if pieces is None else pieces, with_names=names and kind != "examination"),
        names=names,
    )


def _to_the_head(m: Matter) -> tuple[str, ...]:
    return (say.head_of(m.agency.name, m.agency.kind),)


def _regency(m: Matter) -> tuple[str, ...]:
    return (f"{say.regent_of(m.place.regency)} (sebagai laporan)", f"Sekretaris Daerah {m.place.regency}")


def _due(m: Matter) -> str:
    return say.long_date(m.case.due) if m.case.due else BLANK


def _what_happened(m: Matter) -> str:
    first, last = _days(m.pieces, m.tz)
    count = len(m.pieces)
    minutes = sum(p.minutes for p in m.pieces)
    if all(p.cause in SCHEDULED for p in m.pieces):
        what = f"loket {m.agency.name} tidak melayani menurut jadwalnya sendiri sementara balai melayani"
    else:
        what = f"loket {m.agency.name} yang menurut jadwal wajib buka tidak terisi petugas"
    often = "1 (satu) kali" if count == 1 else f"{say.whole(count)} ({say.in_words(count)}) kali"
    often = often if count < 12 else f"{say.whole(count)} kali"
    waiting = sum(p.waiting_minutes for p in m.pieces)
    stranded, lost = sum(p.stranded_minutes for p in m.pieces), sum(p.abandoned for p in m.pieces)
    told = (
        f"Berdasarkan catatan sistem antrean {say.hall_in_full(m.place.name)}, {say.span(first, last)} {what} sebanyak "
        f"{often}, dengan jumlah waktu {say.decimal(minutes)} menit."
    )
    if waiting:
        told += f" Selama waktu itu warga menunggu seluruhnya {say.decimal(waiting)} menit"
        told += f", {say.decimal(stranded)} menit di antaranya tanpa loket lain yang melayani" if stranded else ""
        told += f", dan {say.whole(lost)} nomor antrean berakhir tanpa dilayani" if lost else ""
        told += "."
    elif lost:
        told += f" Sebanyak {say.whole(lost)} nomor antrean berakhir tanpa dilayani."
    else:
        told += " Tidak ada warga yang tercatat menunggu layanan loket itu selama waktu tersebut."
    return told + " Rincian tercantum dalam lampiran."


def _table(m: Matter, pieces: Sequence[Taken], *, with_names: bool) -> Table:
    zone = say.zone_name(pieces[0].start, m.tz)
    rows = tuple(_row(m, nr, piece, with_names) for nr, piece in enumerate(pieces, 1))
    waiting, stranded = sum(p.waiting_minutes for p in pieces), sum(p.stranded_minutes for p in pieces)
    total = (
        "", "Jumlah", "", "", say.decimal(sum(p.minutes for p in pieces)), "", say.decimal(waiting),
        say.decimal(stranded), say.whole(sum(p.abandoned for p in pieces)),
    )  # fmt: skip
    return Table(
        title="Rincian keadaan loket menurut catatan sistem antrean",
        columns=(
            "No.", "Loket", "Hari, tanggal", f"Pukul ({zone})", "Menit", "Keadaan tercatat", "Warga menunggu (menit)",
            "Tanpa loket lain (menit)", "Nomor tidak terlayani",
        ),
        widths=(0.05, 0.11, 0.16, 0.12, 0.09, 0.19, 0.1, 0.09, 0.09),
        figures=(0, 4, 6, 7, 8),
        rows=rows,
        total=total,
        notes=(
            ("“Warga menunggu” adalah jumlah waktu tunggu semua nomor antrean untuk layanan loket itu di dalam waktu "
            "yang disebut; “tanpa loket lain” bagiannya ketika tidak ada loket lain yang melayani."),
            f"Waktu adalah waktu setempat ({zone}). Catatan dapat berubah bila data presensi atau dokumen menyusul.",
        ),
    )  # fmt: skip


def _row(m: Matter, nr: int, piece: Taken, with_names: bool) -> tuple[str, ...]:
    state = say.cause_text(piece.cause)
    if with_names and piece.cause in BY_PERSON and piece.officers:
        state += f" ({_listed([m.people[o].name if o in m.people else o for o in piece.officers])})"
    day = say.long_date(piece.start.astimezone(m.tz).date())
    hours = f"{say.clock(piece.start, m.tz)}–{say.clock(piece.end, m.tz)}"
    return (
        str(nr), m.counter(piece.counter), day, hours, say.decimal(piece.minutes), state,
        say.decimal(piece.waiting_minutes), say.decimal(piece.stranded_minutes), say.whole(piece.abandoned),
    )  # fmt: skip


def _days(pieces: Sequence[Taken], tz: ZoneInfo) -> tuple[date, date]:
    days = sorted(p.start.astimezone(tz).date() for p in pieces)
    return days[0], days[-1]


def _listed(words: Sequence[str]) -> str:
    if len(words) < 3:
        return " dan ".join(words)
    return f"{', '.join(words[:-1])}, dan {words[-1]}"
