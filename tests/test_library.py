"""The library: what another program imports."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

import bulkcancel
from bulkcancel import (
    ConfigurationError,
    Credentials,
    ExitCode,
    InstanceRef,
    Outcome,
    Result,
    Settings,
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
    """At any time, without a trace; what was handed over stands."""
    first = asyncio.Event()

    async def endless() -> AsyncIterator[tuple[str, str]]:
        yield PAIRS[0]
        await asyncio.Event().wait()

    def take(_: Result) -> None:
        first.set()

    async with serve(Sandbox(SandboxOptions(latency=0.0))) as url:
        running = asyncio.create_task(
            cancel_all(endless(), on_result=take, credentials=KEYS, target=Target.of_url(url))
        )
        await first.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


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


@pytest.mark.slow
def test_help_needs_no_network_library() -> None:
    """A light start is a feature."""
    code = "import sys, bulkcancel.cli.run; sys.exit('aiohttp.web' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
