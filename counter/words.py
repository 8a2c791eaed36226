"""The sentences that the console's scripts say, in the reader's language; ``{name}`` is filled in by the script."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import pgettext


def words() -> dict[str, str]:
    """Every sentence by its name in the scripts."""
    return {
        # moves
        "call": _("Panggil berikutnya"),
        "recall": _("Panggil ulang"),
        "start": _("Layani"),
        "finish": _("Selesai"),
        "no-show": _("Lewati"),
        "hold": _("Tunda"),
        "transfer": _("Alihkan"),
        "cancel": _("Batalkan"),
        "pause": _("Istirahat"),
        "unpause": _("Lanjutkan melayani"),
        "resume": _("Kembalikan"),
        "sign-out": _("Keluar"),
        "resume_work": _("Lanjutkan"),
        "again": _("Tekan lagi: {move} {number}"),
        # what stands at the counter
        "idle": _("Loket siap"),
        "called": _("Dipanggil"),
        "serving": _("Sedang dilayani"),
        "nobody_waits": _("Belum ada yang menunggu."),
        "people_wait": _("{count} orang menunggu, terlama {time}."),
        "since": _("sejak {time}"),
        "called_times": _("Panggilan ke-{count}"),
        "called_times_of": _("Panggilan ke-{count} dari {most}"),
        "recalls_used_up": _("Panggil ulang berikutnya melewati nomor ini."),
        "waited": _("Menunggu {time}"),
        "came_for": _("Semula: {service}"),
        "returns_to": _("Kembali ke {counter} setelah selesai"),
        "sent_here": _("Dialihkan ke loket ini"),
        "priority": _("Prioritas"),
        "disabled": _("Penyandang disabilitas"),
        "elderly": _("Lansia"),
        "pregnant": _("Ibu hamil atau menyusui"),
        "child": _("Membawa anak kecil"),
        "disaster": _("Korban bencana"),
        "tag_disabled": _("Disabilitas"),
        "tag_elderly": _("Lansia"),
        "tag_pregnant": _("Ibu hamil"),
        "tag_child": _("Anak kecil"),
        "tag_disaster": _("Bencana"),
        # pause
        "paused_for": _("Istirahat: {reason}"),
        "allowance": _("dari {minutes} menit yang diperkenankan"),
        "over": _("lewat {time} dari {minutes} menit yang diperkenankan"),
        # the counter's state
        "state_open": _("Buka"),
        "state_serving": _("Melayani"),
        "state_paused": pgettext("state", "Istirahat"),
        "state_lost": _("Tidak terpantau"),
        # why a move is not possible
        "why_no_ticket": _("Belum ada nomor di loket ini."),
        "why_still": _("Nomor {number} belum selesai: selesaikan, tunda, atau lewati dahulu."),
        "why_paused": _("Loket sedang istirahat: lanjutkan dahulu."),
        "why_serving": _("Nomor {number} sudah dilayani."),
        "why_offline": _("Tidak terhubung ke server: tombol dikunci sampai layar ini kembali benar."),
        "why_busy": _("Langkah sebelumnya masih dikirim."),
        "why_typing": _("Ketikan ini tampaknya untuk aplikasi lain; konsol tidak menanggapinya."),
        # what happened
        "did_call": _("{number} dipanggil."),
        "did_recall": _("{number} dipanggil ulang."),
        "did_start": _("{number} mulai dilayani."),
        "did_finish": _("{number} selesai."),
        "did_return": _("{number} kembali ke {counter}."),
        "did_no-show": _("{number} dilewati. Bila orangnya datang, kembalikan dari daftar Dilewati."),
        "did_auto_no-show": _("{number} dilewati otomatis karena tidak datang setelah dipanggil ulang."),
        "did_hold": _("{number} ditunda. Loket bebas memanggil berikutnya."),
        "did_resume": _("{number} kembali ke antrean."),
        "did_transfer": _("{number} dialihkan ke {target}."),
        "did_cancel": _("{number} dibatalkan."),
        "did_pause": _("Loket istirahat."),
        "did_unpause": _("Loket kembali melayani."),
        "did_none": _("Belum ada yang menunggu."),
        "fresh": _("Layar ini selalu terbarui sendiri; tidak perlu dimuat ulang."),
        # the line to the server
        "notlive": _("Tidak terhubung sejak {time}."),
        "notlive_never": _("Belum terhubung ke server."),
        "notlive_more": _("Tombol dikunci. Nomor dan petugas tetap tercatat; layar pulih sendiri begitu tersambung."),
        "retrying": _("Sambungan terputus. “{move}” dikirim ulang sampai dijawab, tidak akan terjadi dua kali."),
        "gave_up": _("“{move}” belum pasti sampai ke server. Lihat keadaan nomor setelah layar tersambung lagi."),
        "broken": _("Server tidak dapat menjalankan langkah ini. Coba lagi atau hubungi pengelola."),
        # lists and dialogs
        "no_match": _("Tidak ada yang cocok."),
        "unstaffed": _("belum ada petugas"),
        "on_pause": _("sedang istirahat"),
        "taken": _("sedang dipakai"),
        "transfer_title": _("Alihkan {number}"),
        "held_since": _("dipanggil {time}"),
        "missed_at": _("dilewati {time}"),
        "other_needed": _("Tuliskan alasannya."),
        "printer_low": _("Kertas mesin antrean {name} hampir habis"),
        "printer_paper_end": _("Kertas mesin antrean {name} habis"),
        "printer_cover_open": _("Tutup pencetak {name} terbuka"),
        "printer_trouble": _("Pencetak {name} bermasalah"),
        # time
        "seconds": _("{n} detik"),
        "minutes": _("{n} menit"),
        "hours": _("{h} jam {m} menit"),
        # sign-in
        "choose": _("Pilih loket dahulu."),
        "nip_needed": _("Isi NIP dan PIN."),
        "wait": _("Terlalu banyak percobaan. Coba lagi dalam {n} detik."),
        "unreachable": _("Server tidak dapat dihubungi. Periksa sambungan, lalu coba lagi."),
    }
