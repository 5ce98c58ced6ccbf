"""Nothing in a file changes what is asked of the API: a raw server sees the expected request, or none."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.cliapp import Call
from support.rawpeers import Peer, serve_raw

from bulkcancel.datadog import Credentials, DatadogApi, Target, connect
from bulkcancel.errors import InputError
from bulkcancel.models import InstanceRef, Outcome, Reply, Result
from bulkcancel.report import Format
from bulkcancel.settings import Settings
from bulkcancel.sources import InputOptions, Parser
from bulkcancel.text import is_path_segment

W, X = "11111111-2222-4333-8444-555555555555", "66666666-7777-4888-8999-aaaaaaaaaaaa"
SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-"
HOSTILE = [
    "..", ".", "../..", "..%2f", "%2e%2e", "%2E%2E%2F", "a/../b", "a\\b", "a%00", "a\0b", "a\r\nX-Evil: 1", "a\nb", "a b", "a\tb",
    "a?x=1", "a#x", "a;x", "a@b", "//evil.example", "http://evil.example", "\u2215", "a\uff0fb", "\uff0e\uff0e", "\u2024\u2024",
    "\u0661\u0662", "\u202ea", "a\u200b", "\ud7ff", "\u0131", "\u212a", "a" * 129, "-a", "_a", ".a", "~a", ":a", "{a}", "a,b", "é", "'", '"',
    X.replace("-", "\u2010"), X.replace("6", "\uff16"), f"{{{X}}}", f"urn:uuid:{X}", X.replace("-", ""), f"{X}/cancel", f"{X}%", X + "0",
    X.replace("a", "\u0430"), f" {X} x",
]  # fmt: skip


class Line:
    """The adapter and a raw server, on an event loop beside the test."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.peer = Peer()
        self.api: DatadogApi | None = None
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self.loop.run_until_complete, args=[self._serve()])
        self._thread.start()
        self._ready.wait(10)

    async def _serve(self) -> None:
        async with serve_raw() as self.peer:
            target = Target.of_url(f"http://127.0.0.1:{self.peer.port}")
            async with connect(target, Credentials("a" * 32, "b" * 40), settings=Settings()) as self.api:
                self._ready.set()
                await self._over.wait()

    def send(self, ref: InstanceRef) -> bytes:
        """Cancel it; gives the head of the one request that went out."""
        assert self.api is not None
        before = len(self.peer.heads)
        assert isinstance(asyncio.run_coroutine_threadsafe(self.api.cancel(ref), self.loop).result(10), Reply)
        (head,) = self.peer.heads[before:]
        return head

    def close(self) -> None:
        """End both."""
        self.loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    """One for all examples."""
    found = Line()
    yield found
    found.close()


def rows(data: bytes, options: InputOptions) -> list[object]:
    """An input's rows; none of one that is refused."""
    parser = Parser(options)
    try:
        return [*parser.feed(data), *parser.feed(b"", final=True)]
    except InputError:
        return []


def inputs(workflow: str, instance: str) -> list[bytes]:
    """A pair in each of the formats."""

    def quoted(text: str) -> str:
        return '"{}"'.format(text.replace('"', '""'))

    return [
        f"workflow_id,instance_id\n{workflow},{instance}\n".encode("utf-8", "surrogatepass"),
        f"workflow_id;instance_id\n{quoted(workflow)};{quoted(instance)}\n".encode("utf-8", "surrogatepass"),
        (json.dumps({"workflow_id": workflow, "instance_id": instance}) + "\n").encode(),
        f"https://app.datadoghq.com/workflow/{workflow}?instance={instance}\n".encode(
            "utf-8", "surrogatepass"
        ),
    ]


ids = st.one_of(
    st.sampled_from(HOSTILE), st.uuids().map(str), st.text(max_size=20),
    st.text(SAFE + "/%\\. \r\n\0é", max_size=140), st.text(SAFE, max_size=140),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=300)
@example(W, X.upper(), False)
@example("..", "a", True)
@given(ids, ids, st.booleans())
def test_the_path_on_the_wire_is_the_expected_one_or_nothing_is_sent(
    line: Line,
    workflow: str,
    instance: str,
    any_id: bool,  # noqa: FBT001 - hypothesis passes by position
) -> None:
    """In every format, with UUIDs alone and with `--any-id`; headers are ours alone."""
    for data in inputs(workflow, instance):
        for row in rows(data, InputOptions(any_id=any_id)):
            if isinstance(row, InstanceRef):
                head = line.send(row).decode("latin-1")
                path = f"/api/v2/workflows/{row.workflow_id}/instances/{row.instance_id}/cancel"
                assert head.startswith(f"PUT {path} HTTP/1.1\r\n")
                assert all(
                    set(part) <= set(SAFE) and len(part) <= 128 for part in (row.workflow_id, row.instance_id)
                )
                assert "evil" not in head.lower().split("\r\n", 1)[1]
                assert not {"", ".", ".."} & set(path[1:].split("/"))
                names = [name.partition(":")[0] for name in head.split("\r\n")[1:] if name]
                assert sorted(names) == [
                    "Accept",
                    "Accept-Encoding",
                    "Content-Length",
                    "Content-Type",
                    "DD-API-KEY",
                    "DD-APPLICATION-KEY",
                    "Host",
                    "User-Agent",
                ]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("any_id", [False, True])
def test_a_hostile_id_is_never_sendable(text: str, *, any_id: bool) -> None:
    """In either place, in every format, and what is kept of it is printable."""
    for data in (*inputs(W, text), *inputs(text, X)):
        for row in rows(data, InputOptions(any_id=any_id)):
            if isinstance(
                row, InstanceRef
            ):  # the format took a part of it: a link's fragment, a CSV's next line
                assert is_path_segment(row.workflow_id)
                assert is_path_segment(row.instance_id)
                assert text not in {row.workflow_id, row.instance_id} or (any_id and is_path_segment(text))
            else:
                assert str(row).isprintable()


def test_case_variants_are_duplicates(call: Call) -> None:
    """Of UUIDs, in any mixture."""
    mixed = "".join(c.upper() if n % 2 else c for n, c in enumerate(X))
    Path("in.csv").write_text(
        "workflow_id,instance_id\n" + "".join(f"{W},{x}\n" for x in (X, X.upper(), mixed))
    )
    ended = call("run", "in.csv", "--sandbox", "--dry-run")
    assert "cancel 1 instance of 1 workflow" in ended.err
    assert "2 duplicate" in ended.err


@pytest.mark.parametrize("hostile", ["../../../api/v1/x", "..", "a?b", "a%2fb"])
@pytest.mark.parametrize("name", ["r.csv", "r.jsonl"])
@pytest.mark.parametrize("extra", [[], ["--any-id"]])
def test_an_altered_report_changes_no_path(call: Call, hostile: str, name: str, extra: list[str]) -> None:
    """`--resume` without INPUT takes its rows from the report: they are checked like any others."""
    form = Format(Path(name).suffix)
    Path(name).write_bytes(form.header + form.encode(Result(2, W, hostile, Outcome.FAILED, finished_at=1.0)))
    before = Path(name).read_bytes()
    ended = call("run", "--sandbox", "-y", "--resume", "-o", name, *extra)
    assert ended.code == 2
    assert "can't be sent" in ended.err
    assert Path(name).read_bytes() == before


def test_an_id_given_as_an_option_is_checked(call: Call) -> None:
    """`--workflow-id` is no way around."""
    Path("in.csv").write_text(f"{X}\n")
    for bad in ("../x", "a/b", "a%2e", ".."):
        assert call("run", "in.csv", "--sandbox", "-y", "--any-id", "--workflow-id", bad).code == 2
