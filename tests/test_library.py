"""The library: what another program imports."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast
from uuid import UUID

import pytest
from support.faultserver import FaultServer

import bulkcancel
from bulkcancel import (
    ConfigurationError,
    Credentials,
    ExitCode,
    FailureLimit,
    InstanceRef,
    Outcome,
    Rate,
    Result,
    Settings,
    Shard,
    StopReason,
    Target,
    cancel_all,
)
from bulkcancel.sandbox import SandboxOptions, Scenario
from bulkcancel.sandbox.server import Sandbox, serve

W = str(UUID(int=1 << 127, version=4))
PAIRS = [(W, str(UUID(int=(1 << 127) + n, version=4))) for n in range(1, 6)]
KEYS = Credentials("a" * 32, "b" * 40)


async def test_results_come_as_they_finish() -> None:
    """From an iterable of pairs; the summary counts them."""
    found: list[Result] = []
    async with serve(Sandbox()) as url:
        summary = await cancel_all(
            [*PAIRS, ("x", "y"), InstanceRef(*PAIRS[0], line=77)],
            on_result=found.append,
            credentials=KEYS,
            target=Target.of_url(url),
        )
    assert summary.exit_code is ExitCode.INCOMPLETE
    assert {result.line: result.outcome for result in found} == {
        **dict.fromkeys(range(1, 6), Outcome.CANCELED),
        6: Outcome.INVALID,
        77: Outcome.DUPLICATE,
    }
    assert {result.site for result in found} == {"127.0.0.1"}


async def test_an_async_iterable_is_read_as_requests_can_go() -> None:
    """Never far ahead of them, and results may be awaited."""
    read: list[int] = []
    done: list[int] = []

    async def pairs() -> AsyncIterator[tuple[str, str]]:
        for number, pair in enumerate(PAIRS):
            read.append(number)
            assert len(read) - len(done) <= 3
            yield pair

    async def take(result: Result) -> None:
        done.append(result.line)

    async with serve(Sandbox(SandboxOptions(latency=0.0))) as url:
        await cancel_all(
            pairs(),
            on_result=take,
            credentials=KEYS,
            target=Target.of_url(url),
            settings=Settings(concurrency=2),
        )
    assert len(done) == 5


async def test_a_stopped_run_does_not_wait_for_more_pairs() -> None:
    """An endless iterable ends with the run; a list is accounted for to its end."""

    async def endless() -> AsyncIterator[tuple[str, str]]:
        yield PAIRS[0]
        await asyncio.Event().wait()

    async with serve(Sandbox(SandboxOptions(scenario=Scenario.DENIED))) as url:
        for pairs, rows in ((endless(), 1), (PAIRS, 5), (iter(PAIRS), 1)):
            summary = await cancel_all(
                pairs, credentials=KEYS, target=Target.of_url(url), settings=Settings(concurrency=1)
            )
            assert (summary.stop, summary.rows) == (StopReason.REFUSED, rows)


async def test_it_can_be_canceled() -> None:
    """At any time, without a trace: no task, no connection; what was handed over stands."""
    taken: list[Result] = []
    first = asyncio.Event()

    async def endless() -> AsyncIterator[tuple[str, str]]:
        yield PAIRS[0]
        await asyncio.Event().wait()

    def take(result: Result) -> None:
        taken.append(result)
        first.set()

    server = FaultServer()
    async with server.serving() as port:
        before = asyncio.all_tasks()
        running = asyncio.create_task(
            cancel_all(
                endless(), on_result=take, credentials=KEYS, target=Target.of_url(f"http://127.0.0.1:{port}")
            )
        )
        await first.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        # The server's side of a connection ends when ours is closed.
        await asyncio.wait_for(asyncio.gather(*server._tasks), 10.0)
        assert asyncio.all_tasks() == before
    assert [result.outcome for result in taken] == [Outcome.CANCELED]


async def _results(pairs: Any, **more: Any) -> list[Result]:
    """What becomes of them, in the order of their lines."""
    found: list[Result] = []
    async with serve(Sandbox(SandboxOptions(latency=0.0))) as url:
        await cancel_all(pairs, on_result=found.append, credentials=KEYS, target=Target.of_url(url), **more)
    return sorted(found)


NO_PAIRS = [
    None, "ab", W, b"ab", bytearray(b"ab"), 5, (), (W,), (W, W, W), {W: 1, "b": 2}, {"workflow_id": W, "instance_id": W}, {W, "x"}, object,
    "\x1b[2J" * 100,
]  # fmt: skip
NO_IDS = [
    (None, W),
    (W, None),
    (5, W),
    (W, 5.0),
    (W, b"x"),
    (W, (W, W)),
    InstanceRef(W, cast("str", None), 2),
]


async def test_what_is_no_pair_loses_nothing() -> None:
    """It is an `invalid` row that says what it was; those before and behind it are canceled."""

    async def one_by_one() -> AsyncIterator[object]:
        for pair in pairs:
            yield pair

    pairs = [PAIRS[0], *NO_PAIRS, PAIRS[1]]
    for given in (pairs, one_by_one()):
        first, *between, last = await _results(given)
        assert (first.outcome, last.outcome) == (Outcome.CANCELED, Outcome.CANCELED)
        assert [(row.outcome, row.error_code) for row in between] == [(Outcome.INVALID, "not_a_pair")] * len(
            NO_PAIRS
        )
        assert all(row.error_detail.startswith("it is not a pair of a workflow id") for row in between)
        assert all(row.error_detail.isprintable() and len(row.error_detail) < 200 for row in between)


async def test_an_id_that_is_no_text_loses_nothing() -> None:
    """The row says which of the two it is, and keeps the other."""
    first, *between, last = await _results([PAIRS[0], *NO_IDS, PAIRS[1]])
    assert (first.outcome, last.outcome) == (Outcome.CANCELED, Outcome.CANCELED)
    assert [(row.outcome, row.error_code) for row in between] == [(Outcome.INVALID, "invalid_id")] * len(
        NO_IDS
    )
    named = ["workflow" if not isinstance(pair[0], str) else "instance" for pair in NO_IDS]
    for row, name in zip(between, named, strict=True):
        assert row.error_detail.startswith(f"the {name} id is neither a text nor a UUID: ")
        assert W in {row.workflow_id, row.instance_id}


async def test_uuids_are_welcome() -> None:
    """As they come from a database, in any kind of pair, and equal to their texts."""
    w, x = UUID(W), UUID(PAIRS[0][1])
    rows = await _results(
        [(w, x), [W, str(x)], iter((w, PAIRS[1][1])), InstanceRef(*PAIRS[2], line=9), (w.hex, f"{{{x}}}")]
    )
    assert [(row.line, row.outcome, row.instance_id) for row in rows] == [
        (1, Outcome.CANCELED, str(x)),
        (2, Outcome.DUPLICATE, str(x)),
        (3, Outcome.CANCELED, PAIRS[1][1]),
        (5, Outcome.DUPLICATE, str(x)),
        (9, Outcome.CANCELED, PAIRS[2][1]),
    ]
    assert {row.workflow_id for row in rows} == {W}


async def test_any_id_of_a_caller_is_sent_as_it_stands() -> None:
    """Its case too: only of UUIDs are spellings equal."""
    rows = await _results(
        [("Job-1", "Run.A"), ("Job-1", "run.a"), (" Job-1 ", "Run.A\n")],
        any_id=True,
        settings=Settings(lookup=False),
    )
    assert [(row.workflow_id, row.instance_id) for row in rows] == [
        ("Job-1", "Run.A"),
        ("Job-1", "run.a"),
        ("Job-1", "Run.A"),
    ]
    assert [row.outcome is Outcome.DUPLICATE for row in rows] == [False, False, True]


@pytest.mark.parametrize(
    "settings",
    [
        {"concurrency": 1, "max_attempts": 1, "max_throttled": 1, "limit": 5, "headroom": 0.9},
        pytest.param(
            {"concurrency": 1024, "max_attempts": 100, "max_throttled": 10**30, "limit": 10**30},
            marks=pytest.mark.slow,
        ),
        {"timeout": 1e300, "max_duration": 1e300, "verify_timeout": 1e300, "verify": True},
        {"timeout": 10**300, "max_duration": 10**300, "max_failures": FailureLimit(10**300)},
        {
            "rate": Rate(999_999_999, 1e-300),
            "shard": Shard(1, 1),
            "max_failures": FailureLimit(1e-300, is_percent=True),
        },
        {"rate": Rate(999_999_999, 1e300)},
    ],
)
async def test_a_run_works_at_the_bounds_of_its_settings(settings: dict[str, Any]) -> None:
    """What `Settings` lets through neither hangs nor breaks anything."""
    rows = await _results(PAIRS, settings=Settings(**settings))
    assert [row.outcome for row in rows] == [Outcome.CANCELED] * 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"pairs": None}, "There are no pairs"),
        ({"pairs": W}, "pairs is '8.*; it must be an iterable of"),
        ({"settings": {"concurrency": 2}}, "settings is .*; it must be a Settings"),
        ({"on_result": "print"}, "on_result is 'print'; it must be a function"),
        ({"on_result": 0}, "on_result is 0; it must be a function"),
        ({"credentials": ("a", "b")}, "credentials is .*; it must be a Credentials"),
        ({"target": "datadoghq.eu"}, "target is 'datadoghq.eu'; it must be a Target"),
        ({"ca_bundle": 5}, "ca_bundle is 5; it must be a path"),
        ({"any_id": "no"}, "any_id is 'no'; it must be True or False"),
        ({"ca_bundle": "none.pem"}, "none.pem can't be used"),
    ],
)  # fmt: skip
async def test_an_argument_that_cannot_be_used_is_named(arguments: dict[str, Any], words: str) -> None:
    """Before anything is read or sent."""
    given: dict[str, Any] = {
        "pairs": PAIRS,
        "credentials": KEYS,
        "target": Target.of_url("http://127.0.0.1:1"),
    }
    with pytest.raises(ConfigurationError, match=words):
        await cancel_all(**(given | arguments))


NO_TEXT: Any = None


@pytest.mark.parametrize(
    "make",
    [
        lambda: Credentials(NO_TEXT, "b"),
        lambda: Credentials("a", NO_TEXT),
        lambda: Target.of_site(NO_TEXT),
        lambda: Target.of_url(NO_TEXT),
    ],
)
def test_no_key_and_no_place_is_made_of_what_is_no_text(make: Callable[[], object]) -> None:
    """`None` is not to be sent as a key of four letters."""
    with pytest.raises(ConfigurationError, match="text"):
        make()


def test_it_says_that_it_needs_asyncio() -> None:
    """Where another event loop, trio's for one, drives it."""
    running = cancel_all(PAIRS, credentials=KEYS)
    with pytest.raises(ConfigurationError, match=r"needs asyncio.*in a trio program"):
        running.send(None)


async def test_keys_and_site_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere in this ecosystem."""
    for name in ("DD_API_KEY", "DATADOG_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match="DD_API_KEY"):
        await cancel_all(PAIRS)
    monkeypatch.setenv("DD_API_KEY", "a")
    monkeypatch.setenv("DD_APP_KEY", "b")
    monkeypatch.setenv("DD_SITE", "nowhere")
    with pytest.raises(ConfigurationError, match="not a Datadog site"):
        await cancel_all(PAIRS)


def test_every_exported_name_is_there() -> None:
    """And no other."""
    for name in bulkcancel.__all__:
        assert getattr(bulkcancel, name) is not None
    assert dir(bulkcancel) == sorted(bulkcancel.__all__)
    with pytest.raises(AttributeError, match="no attribute"):
        bulkcancel.nothing  # noqa: B018 - that is the test
