"""Every word that the touchscreen and the phone show, in both languages at once: switching must not lose a touch."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import force_locale, pgettext
from flask_babel import gettext as _

LANGUAGES = ("id", "en")


def in_both(make: Callable[[], dict[str, str]]) -> dict[str, dict[str, str]]:
    """The words in Indonesian and in English, by language and key. Scripts fill ``{n}`` and the like."""
    found = {}
    for language in LANGUAGES:
        with force_locale(language):
            found[language] = make()
    return found


def shared_words() -> dict[str, str]:
    """Lengths of waiting, days and hours, which both pages say."""
    return {
        "range": _("{low}–{high} menit"),
        "under": _("kurang dari {high} menit"),
        "about": _("sekitar {high} menit"),
        "soon": _("segera dipanggil"),
        "unknown": _("belum dapat diperkirakan"),
        "today_at": _("hari ini pukul {time}"),
        "at_hour": _("pukul {time}"),
        "tomorrow_at": _("besok pukul {time}"),
        "day_at": _("{day} pukul {time}"),
        "ahead": _("{n} orang di depan Anda"),
        "ahead_none": _("Tidak ada orang di depan Anda"),
        "since": _("Tidak terhubung sejak pukul {time}"),
        "since_never": _("Belum terhubung ke sistem antrean"),
        "close": _("Kembali"),
    }


def kiosk_words() -> dict[str, str]:
    """The touchscreen."""
    return shared_words() | _screens() | _warnings() | _result()


def _screens() -> dict[str, str]:
    return {
        "welcome": _("Ambil nomor antrean"),
        "step": _("Langkah {n} dari 3"),
        "touch_agency": _("Sentuh instansi yang Anda tuju"),
        "touch_service": _("Pilih layanan"),
        "touch_take": _("Periksa berkas, lalu ambil nomor"),
        "no_number": _("Nomor belum dapat diambil"),
        "connecting": _("Menghubungi sistem antrean…"),
        "hall_closed": _("Balai layanan tutup"),
        "no_agencies": _("Belum ada layanan yang diatur untuk balai ini."),
        "serving": _("Melayani"),
        "closed": _("Tutup"),
        "resting": pgettext("state", "Istirahat"),
        "nobody": _("Belum ada petugas"),
        "quota_reached": _("Kuota habis"),
        "opens": _("Buka lagi {when}"),
        "opens_brief": _("Buka {when}"),
        "opens_unknown": _("Jadwal buka belum diketahui"),
        "holiday": _("Hari libur"),
        "not_service_day": _("Bukan hari layanan"),
        "outside_hours": _("Di luar jam layanan"),
        "break": _("Sedang istirahat"),
        "closure": _("Sedang ditutup"),
        "waiting": _("{n} menunggu"),
        "waiting_none": _("Tanpa antre"),
        "before": _("{n} di depan"),
        "papers_count": _("{n} berkas"),
        "head_before": _("Di depan Anda"),
        "head_estimate": _("Perkiraan tunggu"),
        "head_serving": _("Melayani sekarang"),
        "people": _("{n} orang"),
        "people_none": _("Tidak ada"),
        "no_counter": _("Belum ada loket"),
        "papers": _("Berkas yang perlu dibawa"),
        "papers_none": _("Tidak ada berkas khusus untuk layanan ini."),
        "papers_more": _("Geser untuk melihat semua"),
        "quota_left": _("Sisa nomor hari ini: {n}"),
        "note_nobody": _("Saat ini belum ada petugas yang melayani."),
        "note_full": _("Antrean sudah panjang. Anda mungkin tidak terlayani hari ini."),
        "note_stop": _("Antrean sudah memenuhi sisa jam layanan hari ini."),
        "note_quota": _("Semua nomor hari ini sudah diambil."),
        "take": _("Ambil nomor"),
        "taking": _("Mengambil nomor…"),
        "priority": _("Butuh prioritas?"),
        "priority_on": _("Prioritas dipilih"),
        "priority_title": _("Layanan prioritas"),
        "priority_text": _("Bagi yang berhak didahulukan. Tidak perlu menunjukkan bukti, tanpa biaya."),
        "priority_none": _("Tanpa prioritas"),
        "elderly": _("Lansia (60 tahun ke atas)"),
        "disabled": _("Penyandang disabilitas"),
        "pregnant": _("Ibu hamil atau menyusui"),
        "child": _("Membawa anak kecil"),
        "disaster": _("Korban bencana"),
        "back": _("Kembali"),
        "next_page": _("Berikutnya"),
        "previous_page": _("Sebelumnya"),
        "page": _("{n} dari {all}"),
        "help": _("Butuh bantuan? Silakan hubungi petugas informasi."),
    }


def _warnings() -> dict[str, str]:
    return {
        "unstaffed_title": _("Saat ini belum ada petugas"),
        "unstaffed_text": _("Belum ada petugas yang melayani {service}."),
        "unstaffed_when": _("Pelayanan dijadwalkan mulai {when}."),
        "unstaffed_unknown": _("Belum diketahui kapan petugas datang."),
        "unstaffed_waiting": _("{n} orang sudah menunggu."),
        "capacity_title": _("Antrean sudah panjang"),
        "capacity_text": _("{n} orang sudah menunggu. Anda mungkin tidak terlayani hari ini."),
        "keep": _("Tetap ambil nomor"),
        "full_title": _("Antrean hari ini sudah penuh"),
        "full_text": _("{n} orang sudah menunggu dan memenuhi sisa jam layanan hari ini."),
        "quota_title": _("Kuota hari ini sudah habis"),
        "quota_text": _("Semua nomor {service} untuk hari ini sudah diambil."),
        "closed_title": _("Layanan sedang tutup"),
        "error_title": _("Nomor belum dapat diambil"),
        "error_silent": _("Sistem antrean tidak menjawab. Belum ada nomor untuk Anda di layar ini."),
        # not that none was recorded: of a commit that failed, or of a try that was not answered, nobody knows
        "error_storage": _("Sistem tidak dapat menyimpan nomor sekarang. Belum ada nomor untuk Anda di layar ini."),
        "error_clock": _("Jam server tidak benar, sehingga nomor belum dapat diberikan."),
        "error_denied": _("Mesin ini belum diizinkan mengeluarkan nomor."),
        "error_gone": _("Layanan ini sudah tidak tersedia. Silakan pilih kembali."),
        "error_other": _("Permintaan tidak dapat diproses."),
        "error_staff": _("Silakan hubungi petugas informasi."),
        "error_code": _("Kode: {code}"),
        "try_again": _("Coba lagi"),
        "idle_title": _("Masih di sini?"),
        "idle_text": _("Layar kembali ke awal dalam {n} detik."),
        "idle_stay": _("Ya, lanjutkan"),
        "idle_leave": _("Selesai"),
        "cut_text": _("Nomor tidak dapat diambil di mesin ini untuk sementara."),
        "denied": _("Mesin ini belum diizinkan. Hubungi pengelola gedung."),
    }


def _result() -> dict[str, str]:
    return {
        "your_number": _("Nomor antrean Anda"),
        "scan": _("Pindai untuk memantau giliran dari ponsel"),
        "listen": _("Silakan tunggu. Nomor Anda akan dipanggil dan tampil di layar ruang tunggu."),
        "slip_printing": _("Sedang mencetak…"),
        "slip_confirmed": _("Silakan ambil karcis Anda"),
        "slip_slow": _("Karcis belum keluar. Pindai QR, foto layar ini, atau catat nomornya."),
        "slip_none": _("Tanpa karcis kertas. Pindai QR, foto layar ini, atau catat nomornya."),
        "slip_missing": _("Karcis tidak tercetak."),
        "slip_maybe": _("Karcis mungkin tidak tercetak."),
        "slip_scan": _("Pindai QR, foto layar ini, atau catat nomornya."),
        "why_paper_end": _("Pencetak kehabisan kertas."),
        "why_cover_open": _("Tutup pencetak terbuka."),
        "why_cutter_error": _("Pemotong kertas pencetak macet."),
        "why_offline": _("Pencetak sedang tidak siap."),
        "why_silent": _("Pencetak tidak menjawab."),
        "why_unreachable": _("Pencetak tidak terhubung."),
        "why_dropped": _("Sambungan ke pencetak terputus."),
        "why_garbage": _("Jawaban pencetak tidak terbaca."),
        "why_busy": _("Pencetak sedang dipakai."),
        "why_stale": _("Karcis terlambat dan tidak jadi dicetak."),
        "why_expired": _("Karcis terlambat dan tidak jadi dicetak."),
        "why_no_report": _("Pencetak tidak memberi kabar."),
        "print_again": _("Cetak lagi"),
        "done": _("Selesai"),
        "noted": _("Sudah saya catat"),
    }


def phone_words() -> dict[str, str]:
    """The citizen's own page."""
    return shared_words() | {
        "your_number": _("Nomor antrean Anda"),
        "state_waiting": _("Menunggu"),
        "state_called": _("Dipanggil"),
        "state_serving": _("Sedang dilayani"),
        "state_finished": _("Selesai"),
        "state_no_show": _("Dilewati"),
        "state_held": _("Ditunda"),
        "state_cancelled": _("Dibatalkan"),
        "state_expired": _("Kedaluwarsa"),
        "go_to": _("Silakan ke {counter}"),
        "go_now": _("Nomor Anda dipanggil sekarang."),
        "go_again": _("Nomor Anda dipanggil lagi."),
        "at": _("Anda dilayani di {counter}."),
        "next": _("Anda berikutnya. Bersiaplah di dekat loket."),
        "estimate": _("Perkiraan tunggu"),
        "nobody": _("Saat ini belum ada petugas yang melayani. Nomor Anda tetap berlaku."),
        "counters": _("{n} loket sedang melayani"),
        "only_counter": _("Anda akan dilayani di {counter}."),
        "text_finished": _("Pelayanan selesai. Terima kasih."),
        "text_no_show": _("Nomor Anda sudah dipanggil dan dilewati. Silakan hubungi petugas di loket."),
        "text_held": _("Petugas menunda nomor Anda. Anda akan dipanggil kembali."),
        "text_cancelled": _("Nomor ini sudah dibatalkan dan tidak akan dipanggil."),
        "text_expired": _("Nomor ini hanya berlaku pada hari pengambilannya."),
        "issued": _("Diambil {when}"),
        "papers": _("Berkas yang perlu dibawa"),
        "updated": _("Terakhir diperbarui pukul {time}"),
        "loading": _("Memuat…"),
        "listen": _("Tetap perhatikan panggilan di ruang tunggu."),
        "alert": _("Getarkan dan bunyikan ponsel saat dipanggil"),
        "alert_on": _("Ponsel akan bergetar dan berbunyi saat Anda dipanggil. Biarkan halaman ini terbuka."),
        "cancel": _("Batalkan nomor"),
        "cancel_title": _("Batalkan nomor {number}?"),
        "cancel_text": _("Giliran Anda hilang dan tidak dapat dikembalikan."),
        "cancel_yes": _("Ya, batalkan"),
        "cancel_late": _("Nomor ini tidak dapat dibatalkan lagi karena sudah dipanggil."),
        "cancel_failed": _("Belum dapat dibatalkan. Periksa sambungan, lalu coba lagi."),
        "gone": _("Nomor ini tidak dikenal lagi."),
    }
