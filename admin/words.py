"""The words of management's pages: kinds of agencies, what a counter does, and why it is closed or empty."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext


def _(words: str, **values: object) -> str:
    """The words in the page's language, with their values filled in: flask_babel's ``gettext``, as plain text."""
    return str(gettext(words, **values))


KINDS = {
    "opd": lazy_gettext("OPD kabupaten"),
    "province": lazy_gettext("Instansi provinsi"),
    "vertical": lazy_gettext("Instansi vertikal"),
    "bpjs": lazy_gettext("BPJS"),
    "bumn": lazy_gettext("BUMN"),
    "bumd": lazy_gettext("BUMD"),
    "private": lazy_gettext("Swasta"),
}
CAUSES = {
    "unobserved": lazy_gettext("tidak terpantau"),
    "leave": lazy_gettext("cuti"),
    "sick": lazy_gettext("sakit"),
    "permission": lazy_gettext("izin"),
    "study": lazy_gettext("tugas belajar"),
    "official_travel": lazy_gettext("dinas luar"),
    "post_vacant": lazy_gettext("formasi kosong"),
    "agency_not_open": lazy_gettext("instansi belum buka"),
    "no_one_assigned": lazy_gettext("belum ada petugas ditugaskan"),
    "late": lazy_gettext("terlambat"),
    "left_early": lazy_gettext("pulang cepat"),
    "at_other_counter": lazy_gettext("bertugas di loket lain"),
    "away_from_counter": lazy_gettext("hadir, tidak di loket"),
    "no_attendance_data": lazy_gettext("data presensi belum masuk"),
    "absent_without_notice": lazy_gettext("tanpa keterangan"),
}
REASONS = {
    "holiday": lazy_gettext("hari libur"),
    "not_service_day": lazy_gettext("bukan hari layanan"),
    "outside_hours": lazy_gettext("di luar jam layanan"),
    "break": lazy_gettext("istirahat terjadwal"),
    "quota_reached": lazy_gettext("kuota hari ini habis"),
    "closure": lazy_gettext("penutupan tercatat"),
}

# which kinds of facts change an answer that was given before, by the journal's names (staffing.deciding.KINDS)
_PUNCHES = lazy_gettext("presensi yang masuk kemudian")
_ABSENCES = lazy_gettext("cuti, izin, atau dinas luar yang dicatat atau diubah kemudian")
_PLANS = lazy_gettext("jadwal petugas yang diubah kemudian")
_POSTS = lazy_gettext("register formasi yang diubah kemudian")
_SEATS = lazy_gettext("kehadiran di loket yang dicatat kemudian")
_OUTAGES = lazy_gettext("gangguan yang diketahui kemudian")
LATE_FACTS = {
    "punch_recorded": _PUNCHES,
    "punches_recorded": _PUNCHES,
    "punches_withdrawn": lazy_gettext("presensi yang dicabut"),
    "roll_called": lazy_gettext("apel yang dikirim kemudian"),
    "source_covered": lazy_gettext("data sumber presensi yang sudah lengkap"),
    "roll_closed": lazy_gettext("apel yang sudah lengkap"),
    "absence_recorded": _ABSENCES,
    "absence_corrected": _ABSENCES,
    "absence_withdrawn": _ABSENCES,
    "plan_recorded": _PLANS,
    "plan_withdrawn": _PLANS,
    "hall_set_up": lazy_gettext("berkas balai yang diubah kemudian"),
    "post_changed": _POSTS,
    "post_change_withdrawn": _POSTS,
    "signed_in": _SEATS,
    "signed_out": _SEATS,
    "paused": _SEATS,
    "unpaused": _SEATS,
    "outage_began": _OUTAGES,
    "outage_ended": _OUTAGES,
    "closure_recorded": lazy_gettext("penutupan loket yang dicatat kemudian"),
}
