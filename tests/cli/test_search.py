"""A search at work: what is said at its end."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from support.cliapp import IDS, Call, W
from support.fakeapi import UNKNOWN, FakeApi
from support.faketime import FakeClock

from bulkcancel.cli.found_output import FoundOutput
from bulkcancel.models import ExitCode, Failure, Reply
from bulkcancel.progress.find_progress import FindProgress
from bulkcancel.progress.writer import BackgroundWriter

FIND = ("find", "--base-url", "http://127.0.0.1:9", "--format", "csv")


class Lists(FakeApi):
    """Has the lists of workflows that it was given; any other is not there."""

    def __init__(self, lists: dict[str, list[dict[str, Any]] | Reply]) -> None:
        super().__init__(FakeClock(), latency=0.0)
        self.lists = lists
        self.workflows: Reply | None = None

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply | Failure:
        """Give all of a list as one page."""
        found = self.lists.get(workflow_id, UNKNOWN)
        if isinstance(found, Reply):
            return found
        shown = found[number * size : (number + 1) * size]
        document = {"data": shown, "meta": {"page": {"totalCount": len(found)}}}
        return Reply(200, {"Date": "Fri, 02 Jan 2026 03:10:00 GMT"}, json.dumps(document).encode())

    async def list_workflows(self, *, limit: int, page: int, query: str = "") -> Reply | Failure:
        """Give what was set, or none."""
        return self.workflows or await super().list_workflows(limit=limit, page=page, query=query)


def instance(instance_id: str, **attributes: Any) -> dict[str, Any]:
    """One that runs."""
    return {
        "id": instance_id,
        "attributes": {"instanceStatus": {"detailsKind": "IN_PROGRESS"}, **attributes},
    }


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Lists:
    """An API in the place of the real one, with two instances of one workflow."""
    found = Lists({W: [instance(IDS[0]), instance(IDS[1])]})

    async def open_api(*_: object) -> Lists:
        return found

    monkeypatch.setattr("bulkcancel.cli.at_work.open_api", open_api)
    for name in ("DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.setenv(name, "a" * 32)
    return found


def test_the_last_line_counts_and_dates_the_picture(call: Call, api: Lists) -> None:
    """By the server's clock; what comes later is not in it."""
    ended = call(*FIND, W)
    assert (ended.code, len(ended.out.splitlines())) == (ExitCode.OK, 3)
    assert ended.last == (
        "2 instances read, 2 matching; the picture holds since 2026-01-02 03:10:00 UTC; "
        "what started or ended later may be missing."
    )
    api.lists = {W: []}
    ended = call(*FIND, W)
    assert (ended.code, ended.last.startswith("Nothing matches: 0 instances read, 0 matching")) == (0, True)


def test_a_workflow_that_can_not_be_listed_is_named(call: Call, api: Lists) -> None:
    """What the others have is written all the same, and the exit code says that it is not whole."""
    ended = call(*FIND, W, IDS[5])
    assert (ended.code, len(ended.out.splitlines())) == (ExitCode.INCOMPLETE, 3)
    assert f"The workflow {IDS[5]} could not be listed: " in ended.err
    assert ended.last.startswith("Not whole: 1 workflow not listed. 2 instances read, 2 matching")
    assert api.lists


def test_a_list_of_workflows_that_is_none_is_said(call: Call, api: Lists) -> None:
    """Nothing was looked into then."""
    api.workflows = UNKNOWN
    ended = call(*FIND, "--all-workflows")
    assert ended.code == ExitCode.INCOMPLETE
    assert "The list of workflows could not be read: " in ended.err


def test_what_is_left_out_is_counted(call: Call, api: Lists) -> None:
    """Instances that do not say when they started, and items that are none."""
    api.lists = {W: [instance(IDS[0]), instance(IDS[1]), {"no": "instance"}]}
    ended = call(*FIND, W, "--older-than", "1h")
    assert ended.code == ExitCode.OK
    assert "2 instances would match, but the API does not tell when they started." in ended.err
    assert "1 instance is listed in a way that can't be read, and is left out." in ended.err


def test_refused_keys_are_said_with_what_they_lack(call: Call, api: Lists) -> None:
    """And end it with the exit code of an early end."""
    api.lists = {W: Reply(403, {}, b"""{"errors":["Missing required permission: 'workflows_read'"]}""")}
    ended = call(*FIND, W)
    assert ended.code == ExitCode.STOPPED
    assert ended.last.startswith("Stopped: the keys were refused. 0 instances read")
    refusal, more, _ = ended.err.splitlines()[-3:]
    assert more.startswith("More: https://")
    assert refusal == (
        "http://127.0.0.1:9 refused the keys (application key …aaaa). Check: 1. DD_SITE 2. expired or revoked "
        "3. permission workflows_read 4. enabled for the Actions API."
    )


def test_links_need_a_site(call: Call, api: Lists) -> None:
    """A test server has no pages to link to."""
    ended = call("find", "--base-url", "http://127.0.0.1:9", "--format", "links", W)
    assert (ended.code, "needs a site" in ended.last) == (ExitCode.USAGE, True)
    assert call("find", "--site", "eu", "--format", "links", W).out.splitlines() == [
        f"https://app.datadoghq.eu/workflow/{W}?instance={one}" for one in IDS[:2]
    ]
    assert api.lists


@pytest.mark.parametrize(
    ("name", "begins"), [("x.jsonl", "{"), ("x.csv", "workflow_id,"), ("x.txt", "workflow_id,")]
)
def test_a_file_s_name_says_how_it_is_written(call: Call, api: Lists, name: str, begins: str) -> None:
    """Where nothing else does."""
    assert call("find", "--base-url", "http://127.0.0.1:9", "-o", name, W).code == ExitCode.OK
    assert Path(name).read_text().startswith(begins)
    assert api.lists


@pytest.mark.parametrize("is_terminal", [False, True])
@pytest.mark.parametrize("is_aside", [False, True])
@pytest.mark.parametrize("words", [[], ["-q"], ["--no-progress"]])
def test_progress_is_shown_where_it_harms_nothing(
    call: Call,
    api: Lists,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    *,
    is_terminal: bool,
    is_aside: bool,
) -> None:
    """On a terminal only where rows go elsewhere; unless it is not wanted."""
    wanted: list[bool] = []

    @asynccontextmanager
    async def showing(source: FindProgress, *_: object, is_wanted: bool) -> AsyncIterator[None]:
        wanted.append(is_wanted)
        yield
        view = source.view()
        assert (view.done, view.counts, view.total) == (
            (2, {"matching": 2}, 2) if is_wanted else (0, {"matching": 0}, None)
        )

    monkeypatch.setattr("bulkcancel.cli.data_command.showing", showing)
    monkeypatch.setattr(BackgroundWriter, "isatty", lambda _: is_terminal)
    monkeypatch.setattr(FoundOutput, "is_aside", is_aside)
    assert call(*FIND, W, *words).code == ExitCode.OK
    assert wanted == [not words and (is_aside or not is_terminal)]
    assert api.lists
