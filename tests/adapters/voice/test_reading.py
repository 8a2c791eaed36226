"""What is said: letters, digits, cardinals, counters' names, acronyms."""

from __future__ import annotations

import pytest

from adapters.voice.reading import (
    DIGITS,
    PRONUNCIATIONS,
    BadPronunciation,
    Call,
    UnreadableCall,
    name_recording,
    parse_pronunciations,
    read_call,
    spell_number,
)


def counter_spoken(name: str, **own: str) -> str:
    return " ".join(part.spoken for part in read_call(Call("A1", name), own).counter[1:])


def test_a_call_is_read_as_the_hall_says_it() -> None:
    reading = read_call(Call("A001", "Loket 3"))
    assert reading.shown == "Nomor antrean, A, nol, nol, satu. Silakan menuju loket tiga."
    assert reading.spoken == "Nomor antrean, a, nol, nol, satu. Silakan menuju loket tiga."


def test_every_letter_has_its_indonesian_name() -> None:
    said = " ".join(read_call(Call(letter, "1")).number[1].spoken for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert said == "a be ce de e ef ge ha i je ka el em en o pe ki er es te u ve we eks ye zet"


def test_a_letter_is_written_as_itself_and_said_by_its_name() -> None:
    reading = read_call(Call("c7", "1"))
    assert (reading.number[1].shown, reading.number[1].spoken) == ("C", "ce")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("012", "nol satu dua"),
        ("A-100", "a satu nol nol"),
        ("KB 3456789", "ka be tiga empat lima enam tujuh delapan sembilan"),
        ("Q0", "ki nol"),
    ],
)
def test_a_ticket_is_spelled_sign_by_sign(number: str, said: str) -> None:
    assert " ".join(part.spoken for part in read_call(Call(number, "1")).number[1:]) == said


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "nol"), (1, "satu"), (9, "sembilan"), (10, "sepuluh"), (11, "sebelas"), (12, "dua belas"),
        (19, "sembilan belas"), (20, "dua puluh"), (21, "dua puluh satu"), (99, "sembilan puluh sembilan"),
        (100, "seratus"), (101, "seratus satu"),
        (102, "seratus dua"), (110, "seratus sepuluh"), (111, "seratus sebelas"), (115, "seratus lima belas"),
        (200, "dua ratus"), (999, "sembilan ratus sembilan puluh sembilan"), (1000, "seribu"), (1001, "seribu satu"),
        (1100, "seribu seratus"), (1999, "seribu sembilan ratus sembilan puluh sembilan"), (2010, "dua ribu sepuluh"),
        (2026, "dua ribu dua puluh enam"), (9999, "sembilan ribu sembilan ratus sembilan puluh sembilan"),
    ],
)  # fmt: skip
def test_a_number_is_said_in_indonesian(value: int, words: str) -> None:
    assert spell_number(value) == words


def worth(words: str) -> int:
    """The number that Indonesian words mean, worked out the other way round."""
    ones = dict(zip(DIGITS, range(10), strict=True))
    total = current = 0
    for word in words.replace("sepuluh", "satu puluh").replace("sebelas", "satu belas").split():
        word = {"seratus": "satu ratus", "seribu": "satu ribu"}.get(word, word)
        for piece in word.split():
            if piece in ones:
                current = ones[piece]
            elif piece == "belas":
                total, current = total + 10 + current, 0
            elif piece == "ribu":
                total, current = (total + current) * 1000, 0
            else:
                total, current = total + current * {"puluh": 10, "ratus": 100}[piece], 0
    return total + current


def test_every_number_to_9999_reads_back_as_itself_and_only_one_way() -> None:
    said = [spell_number(value) for value in range(10_000)]
    assert [worth(words) for words in said] == list(range(10_000))
    wrong = [f" satu {size}" for size in ("belas", "puluh", "ratus", "ribu")]
    assert not [words for words in said if any(part in f" {words}" for part in wrong)]


@pytest.mark.parametrize("value", [-1, 10_000])
def test_a_number_outside_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=str(value)):
        spell_number(value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Loket 3", "loket tiga"),
        ("3", "loket tiga"),
        ("Loket 03", "loket tiga"),
        ("Loket 3A", "loket tiga a"),
        ("3b", "loket tiga be"),
        ("Loket 3-B", "loket tiga be"),
        ("B2", "loket be dua"),
        ("LOKET 12", "loket dua belas"),
        ("Loket 102", "loket seratus dua"),
        ("Loket II", "loket dua"),
        ("Loket V", "loket ve"),
        ("Loket 12345", "loket satu dua tiga empat lima"),
        ("Gerai Samsat", "gerai samsat"),
        ("Gerai DUKCAPIL", "gerai dukcapil"),
        ("Gerai BPJS Kesehatan 2", "gerai be pe je es kesehatan dua"),
        ("loket bpjs", "loket be pe je es"),
        ("Gerai DPMPTSP", "gerai de pe em pe te es pe"),
        ("Gerai PDAM", "gerai pe de a em"),
        ("Gerai PLN", "gerai pe el en"),
        ("Polres SKCK", "polres es ka ce ka"),
        ("Gerai KTP-el", "gerai ka te pe el"),
        ("Gerai XYZ", "gerai eks ye zet"),
        ("Gerai BKPSDM", "gerai be ka pe es de em"),
        ("BANK JATENG", "bank jateng"),
        ("Bea & Cukai", "bea dan cukai"),
        ("Café Té", "cafe te"),
    ],
)
def test_a_counter_is_named_as_people_name_it(name: str, said: str) -> None:
    assert counter_spoken(name) == said


def test_a_counter_is_written_with_its_acronyms() -> None:
    assert read_call(Call("A1", "Loket BPJS 2")).shown.endswith("Silakan menuju loket BPJS dua.")


def test_a_hall_may_say_a_name_its_own_way() -> None:
    assert counter_spoken("Gerai PDAM", pdam="pedam") == "gerai pedam"
    assert counter_spoken("Gerai PLN", pdam="pedam") == "gerai pe el en"


def test_the_built_in_list_can_itself_be_said() -> None:
    assert all(name == name.lower() and name.isalpha() for name in PRONUNCIATIONS)
    assert all(word.isalpha() and word.islower() for said in PRONUNCIATIONS.values() for word in said.split())


def test_a_halls_own_list_is_read_from_lines() -> None:
    assert parse_pronunciations("# daftar\nKTP = ka te pe\n\n  Rsud=er es  u de  # rumah sakit\n") == {
        "ktp": "ka te pe",
        "rsud": "er es u de",
    }


@pytest.mark.parametrize("line", ["KTP", "KTP =", "= ka", "KTP = [[x]]", "K T = ka", "KTP = ka 3"])
def test_a_bad_line_of_the_list_is_named(line: str) -> None:
    with pytest.raises(BadPronunciation, match="baris 2"):
        parse_pronunciations(f"PLN = pe el en\n{line}")


@pytest.mark.parametrize(
    ("number", "counter"), [("", "1"), ("---", "1"), ("A1", " "), ("A1", "—"), ("A" * 13, "1"), ("A1", "a b " * 9)]
)
def test_nothing_to_say_is_refused_rather_than_half_said(number: str, counter: str) -> None:
    with pytest.raises(UnreadableCall):
        read_call(Call(number, counter))


@pytest.mark.parametrize(
    ("name", "file"), [("Loket 3", "loket-3"), ("Loket 3A", "loket-3a"), ("Gerai Samsat", "gerai-samsat")]
)
def test_a_recording_is_named_by_what_it_says(name: str, file: str) -> None:
    assert name_recording(name) == read_call(Call("A1", name)).counter_name == file


def test_a_bare_code_and_the_name_share_their_recording() -> None:
    assert read_call(Call("A1", "3")).counter_name == "loket-3"
