"""Bytes become rows, whatever the bytes and however they are cut."""

import gzip
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.errors import InputError
from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.sources import InputOptions, Parser

W, X, J = (str(UUID(int=n)) for n in (1, 2, 3))


def rows(data: bytes, options: InputOptions | None = None, *, step: int = 10**9) -> list[Row]:
    """All rows of an input that comes in pieces of that many bytes."""
    parser = Parser(options or InputOptions())
    found: list[Row] = []
    for start in range(0, len(data), step):
        found += parser.feed(data[start : start + step])
    return found if parser.is_broken else [*found, *parser.feed(b"", final=True)]


def short(found: list[Row]) -> list[tuple[int, str]]:
    """Each row's line, and its code or the last digit of its instance."""
    return [(row.line, row.code if isinstance(row, RejectedRow) else row.instance_id[-1]) for row in found]


BIG = "x" * 70_000
TABLE = [
    (f"workflow_id,instance_id\n{W},{X}\n", {}, [(2, "2")]),
    (f"Workflow-ID;Instance ID;x\r\n{W};{X};\r\n", {}, [(2, "2")]),
    (f"@instance_id\tworkflow.workflow_id\r{X}\t{W}\r", {}, [(2, "2")]),
    (f"\ufeffa|workflow.id|workflow.instance_id\n1|{W}|{X}", {}, [(2, "2")]),
    (f"# note\n\n{W},{X}\n  \n#x\n \t# y\n{W},{J}\n", {}, [(3, "2"), (7, "3")]),
    (f"Sep=:\nworkflow_id:instance_id\n{W}:{X}\nsep=;\n", {}, [(3, "2"), (4, "missing_id")]),
    (f"{W},{X.upper()}\n{W},{X[:-1]}\n{W},\n{W}\n,{X}", {}, [(1, "2"), (2, "invalid_id"), (3, "missing_id"), (4, "missing_id"), (5, "missing_id")]),
    (f"{X}\n{J},more\n", {"workflow_id": W}, [(1, "2"), (2, "3")]),
    (f"n,instance_id\n1,{X}\n", {"workflow_id": W}, [(2, "2")]),
    (f"flow,run\n{W},{X}\n", {"workflow_column": "flow", "instance_column": "Run"}, [(2, "2")]),
    (f'sep=;\nworkflow_id;instance_id;note\n{W};"{X}";"a;""b""\nc"\n{W};{J};\n', {}, [(3, "2"), (5, "3")]),
    (f'{W},{X},"open\n{W},{J}\n', {}, [(1, "unclosed_quote"), (2, "3")]),
    (f'{W},{X},"open\n"{W}",{J}\n', {}, [(1, "unclosed_quote"), (2, "3")]),
    (f'{W},{X},"a"b\n', {}, [(1, "2")]),
    (f'{W},{X},"open\n' + f"{W},{J}\n" * 201, {}, [(1, "unclosed_quote")] + [(n + 2, "3") for n in range(201)]),
    (f"{W},{X}" + "," * 1001, {}, [(1, "too_many_columns")]),
    (f"{W},{X}\n{BIG}\n{W},{J}\n", {}, [(1, "2"), (2, "too_long"), (3, "3")]),
    (f"{W},{X}\n{BIG * 5}", {}, [(1, "2"), (2, "too_long")]),
    (f'{W},{X},"open\n{BIG}\n', {}, [(1, "unclosed_quote"), (2, "too_long")]),
    (f"{W},{X}\na\0b,{X}\n", {}, [(1, "2"), (2, "not_text")]),
    (f'{{"workflow_id":"{W}","instance_id":"{X}"}}\n{{"workflow":{{"id":"{W}","instance_id":"{J}"}}}}\n', {}, [(1, "2"), (2, "3")]),
    (f'{{"workflow_id":"{W}","instance_id":"{X}"}}\n[1]\n{{\n{{"workflow_id":"{W}"}}\n{{"workflow_id":1,"instance_id":"{X}"}}\n', {}, [(1, "2"), (2, "invalid_json"), (3, "invalid_json"), (4, "missing_id"), (5, "invalid_id")]),
    (f'{{"run":"{X}"}}\n{{"x":1}}\n', {"workflow_id": W, "instance_column": "run"}, [(1, "2"), (2, "missing_id")]),
    ('{"a":\n', {}, [(1, "invalid_json")]),
    ("{" + '"a":{' * 8_000 + "\n", {}, [(1, "invalid_json")]),
    (f"https://app.datadoghq.com/workflow/{W}?instance={X}\nhttps://acme.datadoghq.eu/workflow/{W}/edit?x=1&instance={J}\n", {}, [(1, "2"), (2, "3")]),
    (f"https://app.datadoghq.com/workflow/{W}?instance={X}\nhttps://app.datadoghq.eu/workflow/{W}?instance={J}\n", {"site": "datadoghq.com"}, [(1, "2"), (2, "wrong_site")]),
    (f"https://evil.example/workflow/{W}?instance={X}\nhttps://[x/\nhttps://app.datadoghq.com/other\n", {}, [(1, "bad_link"), (2, "bad_link"), (3, "bad_link")]),
    ("job-1,run.2\njob-1,../3\n", {"any_id": True}, [(1, "2"), (2, "invalid_id")]),
    ("workflow_id,instance_id\n", {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "want"), TABLE)
@pytest.mark.parametrize("step", [7, 10**9])
@pytest.mark.parametrize("zipped", [False, True])
def test_an_input_has_the_rows_of_the_table(
    text: str, options: dict[str, str], want: list[tuple[int, str]], step: int, *, zipped: bool
) -> None:
    """In one piece or many, compressed or not."""
    if step == 7 and len(text) > 10_000:
        step = 4099
    data = gzip.compress(text.encode(), mtime=0) if zipped else text.encode()
    assert short(rows(data, InputOptions(**options), step=step)) == want  # type: ignore[arg-type] # a table


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (b"", {}, "is empty"),
        (b"# nothing\n\n", {}, "is empty"),
        (b"a,b\n1,2\n", {}, "found: 'a', 'b'"),
        (b"workflow_id,b\n1,2\n", {}, "no column with the instance ids"),
        (b"instance_id,b\n1,2\n", {}, "no column with the workflow ids"),
        (f"{X}\n".encode(), {}, "--workflow-id"),
        (b"a,b\n", {"workflow_id": W}, "no usable column"),
        (b"workflow_id,x\n", {"instance_column": "run"}, "no column 'run'"),
        (b"workflow_id,instance_id,a.instance_id,b.Instance-ID\n", {"instance_column": "c"}, "no column 'c'"),
        (b"workflow_id,a.instance_id,b.instance_id\n", {}, "several columns"),
        (",".join(f"c{n}" for n in range(30)).encode(), {}, "and 10 more"),
        (b'{"a":1}\n', {}, "found: 'a'"),
        (b"[{}]", {}, "jq -c"),
        ("workflow_id".encode("utf-16"), {}, "iconv -f UTF-16"),
        ("workflow_id".encode("utf-32"), {}, "iconv -f UTF-32"),
        (b"a" * 70_000, {}, "at line 1, the line is longer"),
        (b"\xff\xfd\xfd\xfa\n", {}, "not UTF-8"),
        (b"\x1f\x8b\x08garbage", {}, "can't be decompressed"),
        (gzip.compress(b"workflow_id,instance_id\n", mtime=0)[:12], {}, "can't be decompressed"),
    ],
)
def test_an_unusable_input_is_refused_with_a_remedy(data: bytes, options: dict[str, str], words: str) -> None:
    """Before anything is sent, naming what was found."""
    with pytest.raises(InputError, match=words):
        rows(data, InputOptions(**options))  # type: ignore[arg-type] # a table


def test_a_line_that_is_not_utf8_spoils_itself_alone() -> None:
    """The others are read."""
    data = f"{W},{X}\n".encode() + b"\xff\xfe\xfd,x\n" + f"{W},{J}\n".encode()
    assert short(rows(data)) == [(1, "2"), (2, "not_text"), (3, "3")]


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (BIG.encode(), "too_long", "the line is longer than 65536 bytes"),
        (b"a\0b", "not_text", "the line holds NUL bytes"),
        (b"\xff", "not_text", "the line is not UTF-8"),
        (b'"', "unclosed_quote", "a quotation mark opens here and is not closed"),
    ],
)
def test_a_line_that_can_not_be_read_is_a_row_without_ids(text: bytes, code: str, reason: str) -> None:
    """That says why; the next line is read."""
    data = f"{W},{X}\n".encode()
    want = [InstanceRef(W, X, 1), RejectedRow("", "", 2, code, reason), InstanceRef(W, X, 3)]
    assert rows(data + text + b"\n" + data) == want


def test_a_quoted_field_is_read_whole_also_behind_a_stray_quote() -> None:
    """One slip does not make the next quote one."""
    text = f'{W},{X},"open\n"{W}",{J}\n{W},{X},"a\nb"\n'
    assert short(rows(text.encode())) == [(1, "unclosed_quote"), (2, "3"), (3, "2")]


def test_a_damaged_archive_gives_its_rows_and_says_where_it_ends() -> None:
    """What came before the damage is used."""
    data = (
        gzip.compress(f"{W},{X}\n".encode() * 3, mtime=0) + gzip.compress(f"{W},{J}\n".encode(), mtime=0)[:-6]
    )
    assert short(rows(data))[-1] == (5, "unreadable")
    assert len(rows(data)) == 5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(f"{W},{X}\n".encode(), mtime=0)[:-6], "ends early"),
        (gzip.compress(f"{W},{X}\n".encode(), mtime=0) + b"rest", "is damaged"),
    ],
)
def test_damage_ends_the_input_with_a_row_that_names_it(data: bytes, words: str) -> None:
    """And nothing more is asked of the parser."""
    parser = Parser(InputOptions())
    found = [*parser.feed(data), *([] if parser.is_broken else parser.feed(b"", final=True))]
    assert parser.is_broken
    reason = f"the compressed input {words}; rows from here on are lost"
    assert found == [InstanceRef(W, X, 1), RejectedRow("", "", 2, "unreadable", reason)]


def quoted(*lengths: int) -> bytes:
    """A record of lines of these lengths, in one quoted field, with a header before and a row behind it."""
    first, *middle, last = lengths
    start = f'{W},{X},"'
    parts = [start.ljust(first, "a"), *("b" * length for length in middle), '"'.rjust(last, "c")]
    return "\n".join(["workflow_id,instance_id,note", *parts, f"{W},{J}\n"]).encode()


HALF = 32 * 1024


@pytest.mark.parametrize(
    ("lengths", "fits"),
    [
        ((90, *[1] * 199, 1), True),
        ((90, *[1] * 200, 1), False),
        ((HALF, HALF, 9), True),
        ((HALF, HALF + 1, 9), False),
        ((HALF, HALF // 2, HALF // 2, 9), True),
        ((HALF, HALF // 2, HALF // 2 + 1, 9), False),
        ((90, *[1000] * 65, 1), True),
        ((90, *[1000] * 66, 1), False),
    ],
)
def test_a_quoted_field_may_run_over_so_many_lines_and_characters(
    lengths: tuple[int, ...], *, fits: bool
) -> None:
    """Beyond that its quote was a slip, and each line is read for itself."""
    found = short(rows(quoted(*lengths)))
    assert found[0] == (2, "2" if fits else "unclosed_quote")
    assert found[-1] == (len(lengths) + 2, "3")
    assert fits is (len(found) == 2)


def test_the_lines_of_a_quoted_field_are_put_together_as_they_stood() -> None:
    """An id in two lines is unusable, and shown."""
    found = rows(f'{W},{X}\n{W},"{X}\nb"\n'.encode())
    assert isinstance(found[1], RejectedRow)
    assert (found[1].line, found[1].code, found[1].instance_id) == (2, "invalid_id", f"{X}\\x0ab")


def test_a_slip_is_given_up_as_soon_as_it_is_seen() -> None:
    """The rows behind it need not wait for two hundred more."""
    parser = Parser(InputOptions())
    found = list(parser.feed(f'{W},{X},"open\n"{W}",{J}\n{W},{X}\n'.encode()))
    assert short(found) == [(1, "unclosed_quote"), (2, "3"), (3, "2")]


def test_archives_may_have_several_members_and_padding() -> None:
    """As gzip itself allows."""
    data = (
        gzip.compress(f"{W},{X}\n".encode(), mtime=0)
        + gzip.compress(f"{W},{J}\n".encode(), mtime=0)
        + b"\0" * 9
    )
    assert short(rows(data)) == [(1, "2"), (2, "3")]


def test_a_row_comes_as_soon_as_its_line_is_complete() -> None:
    """The next line need not have begun."""
    parser = Parser(InputOptions())
    assert list(parser.feed(b"workflow_id,instance_id\n")) == []
    assert short(list(parser.feed(f"{W},{X}\r".encode()))) == [(2, "2")]
    assert short(list(parser.feed(f"\n{W},{J}\n".encode()))) == [(3, "3")]


@given(st.binary(max_size=300), st.integers(1, 20))
def test_no_bytes_raise_anything_but_an_input_error(data: bytes, step: int) -> None:
    """And whatever is sendable is a pair of UUIDs."""
    try:
        found = rows(data, step=step)
    except InputError:
        return
    assert all(len(row.instance_id) == 36 for row in found if isinstance(row, InstanceRef))


@given(st.text(alphabet=',;"\n\r#ab{}[]0-', max_size=80), st.integers(1, 9))
def test_slices_do_not_matter(text: str, step: int) -> None:
    """The rows are the same in one piece and in many."""
    data = f"{W},{X}\n{text}".encode()
    assert rows(data, step=step) == rows(data)
