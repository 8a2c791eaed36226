"""Broken hall files: every fault is listed, each on its own line, and nothing else ever comes out of the reader.

The files in ``halls/`` carry their expectation themselves: a line that ends in ``# FAULT: code`` (or ``# WARNING:``)
has exactly these faults, ``FAULT-ABOVE n`` speaks of the line n lines further up, and no other line has any.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.hallfile import LARGEST, HallFile, HallFileFaults, read_hall_file
from hall.hallfile_lines import Lines

HALLS = Path(__file__).parent / "halls"
ROOM = Path(__file__).parents[2] / "hall"
SOUND = ("example.toml", "odd.toml", "empty_house.toml")
BROKEN = sorted(path.name for path in HALLS.glob("*.toml") if path.name not in SOUND)
EXAMPLE = (HALLS / "example.toml").read_text(encoding="utf-8")
EXAMPLE_LINES = EXAMPLE.splitlines()

# What only a file as a whole can have; the tests below this table make each of them.
WHOLE_FILE = {"toml_syntax", "too_large", "not_utf8", "unreadable"}


def expected(text: str, mark: str) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = re.search(rf"{mark}(?:-ABOVE (\d+))?: ([a-z0-9_ ]+)$", line)
        if match:
            found += [(number - int(match[1] or 0), code) for code in match[2].split()]
    return sorted(found)


def faults_of(source: str | Path) -> list[tuple[int, str]]:
    with pytest.raises(HallFileFaults) as caught:
        read_hall_file(source)
    return [(fault.line, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_lists_all_its_faults_on_their_lines(name: str) -> None:
    text = (HALLS / name).read_text(encoding="utf-8")
    assert expected(text, "FAULT"), "a broken file says what is broken in it"
    assert sorted(faults_of(HALLS / name)) == expected(text, "FAULT")


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_only_warned_about(name: str) -> None:
    text = (HALLS / name).read_text(encoding="utf-8")
    warnings = read_hall_file(HALLS / name).warnings
    assert [(warning.line, warning.code) for warning in warnings] == expected(text, "WARNING")


def test_every_fault_the_reader_knows_stands_in_a_broken_file() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in sorted(ROOM.glob("hallfile*.py")))
    known = set(re.findall(r'(?:blame|warn|Fault)\(\s*(?:1, |line, )?"([a-z0-9_]+)"', source))
    texts = [path.read_text(encoding="utf-8") for path in HALLS.glob("*.toml")]
    shown = {code for text in texts for mark in ("FAULT", "WARNING") for _, code in expected(text, mark)}
    assert len(known) > 30
    assert known - shown == WHOLE_FILE


def test_a_fault_says_what_was_probably_meant() -> None:
    with pytest.raises(HallFileFaults) as caught:
        read_hall_file(EXAMPLE.replace('services = ["pkb"]', 'services = ["pkp"]').replace("quota = 60", "qouta = 60"))
    (quota, service) = caught.value.faults
    assert 'mungkin maksudnya "quota"?' in quota.message
    assert 'mungkin maksudnya "pkb"?' in service.message
    assert str(quota) == f"baris {quota.line}: {quota.message} [unknown_key]"
    assert str(caught.value) == f"{quota}\n{service}"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('code = "x', "Illegal character"),
        ("code = ", "Invalid value"),
        ("open = 08:00", "tanda kutip"),
        ("open = 8.00.00", "Expected newline"),
        ("from = 2026-12-16T08:00", "tanda kutip"),
        ("x = 2026-02-30", "Invalid date"),
        ("x = " + "9" * 5000, "bilangan terlalu panjang"),
        ("name = 1\nname = 2", "Cannot overwrite"),
    ],
)
def test_what_is_not_toml_is_one_fault_on_its_line(line: str, hint: str) -> None:
    with pytest.raises(HallFileFaults) as caught:
        read_hall_file(f"# a comment\n\n[ruang]\n{line}\n[hall]\n")
    (fault,) = caught.value.faults
    assert (fault.line, fault.code) == (4 + line.count("\n"), "toml_syntax")
    assert hint in fault.message


def test_an_open_end_is_a_fault_on_the_last_line() -> None:
    assert faults_of('[hall]\ncode = """\nabc\n') == [(3, "toml_syntax")]
    assert faults_of("a = " + "[" * 5000 + "\n") == [(1, "toml_syntax")]
    assert faults_of("") == faults_of("\n") == [(1, "missing_table")]


def test_a_file_that_is_too_large_is_not_even_looked_at(tmp_path: Path) -> None:
    padded = EXAMPLE + "#" * (LARGEST - len(EXAMPLE.encode()))
    path = tmp_path / "large.toml"
    path.write_text(padded, encoding="utf-8")
    assert read_hall_file(path) == read_hall_file(EXAMPLE)
    path.write_text(padded + "#", encoding="utf-8")
    assert faults_of(path) == faults_of(padded + "#") == [(1, "too_large")]


def test_a_file_in_another_encoding_names_the_line_of_the_first_strange_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(EXAMPLE.replace("Sari Wening", "Sari Wéning").encode("cp1252"))
    line = EXAMPLE[: EXAMPLE.index("Sari Wening")].count("\n") + 1
    assert faults_of(path) == [(line, "not_utf8")]
    assert faults_of("a = '\ud800'\n") == [(1, "not_utf8")]


def test_a_file_that_cannot_be_read_is_a_fault_too(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "tiada.toml") == faults_of(tmp_path) == [(1, "unreadable")]
    assert faults_of("nol\0.toml") == [(1, "unreadable")]


def test_lines_are_found_through_all_that_toml_allows() -> None:
    text = (
        'a . "b c" = 1\n'  # 1
        "\n# [[t]]\n"  # 2, 3
        "[[ t ]] # one\n"  # 4
        "x = [\"]\", '[[t]]', # ]\n"  # 5
        '  """\n[[t]]\ny = 1\\\n  \\""""",\n'  # 6 to 9
        "  [1,\n2]]\n"  # 10, 11
        "[t.sub]\nk = '''\n''''\n"  # 12 to 14
        '[[t]]\nz = { p = 1, "q" = [{ r = 2 }] }\n'  # 15, 16
        "[[t.deep]]\n[[t.deep]]\nd = 1979-05-27 07:32:00\n"  # 17 to 19
        "[t.deep.er]\n e = inf"  # 20, 21
    )
    lines = Lines(text)
    places = {
        ("a", "b c"): 1,
        ("t",): 4,
        ("t", 0): 4,
        ("t", 0, "x", 0): 5,
        ("t", 0, "x", 1): 5,
        ("t", 0, "x", 2): 6,
        ("t", 0, "x", 3): 10,
        ("t", 0, "x", 3, 1): 11,
        ("t", 0, "sub"): 12,
        ("t", 0, "sub", "k"): 13,
        ("t", 1): 15,
        ("t", 1, "z", "q", 0, "r"): 16,
        ("t", 1, "deep", 0): 17,
        ("t", 1, "deep", 1, "d"): 19,
        ("t", 1, "deep", 1, "er", "e"): 21,
        ("t", 1, "no", "such", "thing"): 15,
        ("nowhere",): 1,
    }
    assert {path: lines.of(*path) for path in places} == places


def test_every_header_and_key_of_a_real_file_is_found_where_it_stands() -> None:
    text = (ROOM / "data" / "blora.toml").read_text(encoding="utf-8")
    lines, table = Lines(text), ""
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\[\[(\w+)]]", line):
            table = header[1]
            seen[table] = seen.get(table, -1) + 1
            assert lines.of(table, seen[table]) == number
        elif (key := re.match(r"(\w+) = ", line)) and table:
            assert lines.of(table, seen[table], key[1]) == number
    assert sum(seen.values()) > 100


def reads_or_refuses(text: str) -> None:
    """The one promise for whatever is thrown at the reader."""
    try:
        found: object = read_hall_file(text + "\n")
    except HallFileFaults as refused:
        found = refused
    if isinstance(found, HallFileFaults):
        assert found.faults
        assert all(1 <= fault.line <= len((text + "\n").splitlines()) + 1 for fault in found.faults)
    else:
        assert isinstance(found, HallFile)


@given(st.integers(0, len(EXAMPLE_LINES) - 1))
def test_losing_any_single_line_is_read_or_refused(number: int) -> None:
    reads_or_refuses("\n".join(EXAMPLE_LINES[:number] + EXAMPLE_LINES[number + 1 :]))


@given(st.integers(0, len(EXAMPLE_LINES) - 1), st.data())
def test_mangling_any_single_line_is_read_or_refused(number: int, data: st.DataObject) -> None:
    line = EXAMPLE_LINES[number]
    cut = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(cut, len(line)))
    new = data.draw(
        st.text(max_size=8) | st.sampled_from(['"', "'''", "[", "]", "{", "}", "#", "=", ".", "\r", "[[x]]"])
    )
    reads_or_refuses("\n".join([*EXAMPLE_LINES[:number], line[:cut] + new + line[end:], *EXAMPLE_LINES[number + 1 :]]))


VALUES = st.sampled_from(
    (
        *(
            '""',
            '"x"',
            '"1"',
            '"hall"',
            '"agency:"',
            '"00:00"',
            '"23:59"',
            '"ktp"',
            '"mon"',
            '"9999-12-31"',
            '"0000-00-00"',
        ),
        *(
            "0",
            "-1",
            "1",
            "12",
            "10000000000000000000000",
            "1.5",
            "nan",
            "-inf",
            "true",
            "false",
            "00:00:00",
            "23:59:59",
        ),
        *("0001-01-01", "9999-12-31", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-03-03T00:00:00+23:59"),
        *(
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            '["mon"]',
            '["sun", "sun"]',
            '[["12:00", "13:00"]]',
            '[["00:00", "00:00"]]',
            "[[1, 2]]",
        ),
        *(
            '"199001152015031001"',
            '"199001152015211001"',
            '"00000000"',
            '"\\u0000"',
            '"0001-01-01T00:00"',
            '"A"',
            '"AB"',
        ),
    )
)
KEY_LINES = [number for number, line in enumerate(EXAMPLE_LINES) if re.match(r"\w+ = ", line)]
ALL_KEYS = (
    "since",
    "until",
    "from",
    "to",
    "special",
    "breaks",
    "date",
    "start",
    "end",
    "substitute_for",
    "quota",
    "active",
)


@given(st.lists(st.tuples(st.sampled_from(KEY_LINES), VALUES), max_size=5), st.data())
def test_any_value_under_any_key_is_read_or_refused(changes: list[tuple[int, str]], data: st.DataObject) -> None:
    lines = list(EXAMPLE_LINES)
    for number, value in changes:
        key = lines[number].split(" = ")[0]
        extra = data.draw(st.dictionaries(st.sampled_from(ALL_KEYS), VALUES, max_size=3))
        added = [f"{name} = {more}" for name, more in extra.items() if name != key]
        lines[number] = "\n".join([f"{key} = {value}", *added])
    reads_or_refuses("\n".join(lines))


@given(st.text() | st.text(alphabet="[]{}=\"'#.,\n ab1:-T"))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    reads_or_refuses(text)
