"""Sessions over a fake API, and the reports they keep."""

import asyncio
import csv
from pathlib import Path
from typing import Any
from uuid import UUID

from support.fakeapi import FakeApi
from support.runs import Heard

from bulkcancel import (
    Session,
    Settings,
    Summary,
)
from bulkcancel.engine.observers import Observers
from bulkcancel.models import Reply

W = str(UUID(int=1 << 127, version=4))
PAIRS = [(W, str(UUID(int=(1 << 127) + n, version=4))) for n in range(1, 41)]
FORBIDDEN = Reply(403, {}, b'{"errors":["Forbidden"]}')


def session_over(api: FakeApi, heard: Heard | None = None, **settings: Any) -> Session:
    """A session over a fake API."""
    observers = Observers(() if heard is None else (heard,))
    return Session(api, Settings(**settings), site="here", observers=observers, clock=api.clock)


async def cancel(api: FakeApi, session: Session, *arguments: Any, **options: Any) -> Summary:
    """Cancel in virtual time; what it raises is not wrapped."""
    call = asyncio.ensure_future(session.cancel(*arguments, **options))
    async with api.clock.autojump():
        await asyncio.wait([call])
    return call.result()


def rows_of(report: Path) -> list[tuple[str, str]]:
    """The instance and the outcome of each row of a report, in order."""
    with report.open(encoding="utf-8") as file:
        return [(row["instance_id"], row["outcome"]) for row in csv.DictReader(file)]
