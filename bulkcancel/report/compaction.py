"""Compaction: a finished report is rewritten with one row for each input row, and no crash can harm it."""

import os
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from bulkcancel.errors import ReportLostError
from bulkcancel.models import Outcome
from bulkcancel.report.files import create_private, stands_for, sync_directory
from bulkcancel.report.scan import newest_first

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NEVER_REPLACED = frozenset({Outcome.DUPLICATE, Outcome.INVALID})
_LINES_PER_STEP = 20_000
_LONGEST_NAME = 255  # bytes, on nearly every file system


def temporary_for(path: "Path") -> "Path":
    """Where the compacted report is written before it takes the place of the other."""
    name = f".{path.name}.new"
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f".{blake2b(os.fsencode(path.name), digest_size=16).hexdigest()}.new"
    return path.with_name(name)


class Pairs(Protocol):
    """Tells which pairs were met."""

    def begin_pass(self) -> None:
        """Forget which were met."""
        ...

    def first_time(self, workflow_id: str, instance_id: str) -> bool:
        """Meet a pair; tells whether that is for the first time in this pass."""
        ...


class PairSet:
    """Tells which pairs were met, and holds each of them in memory."""

    def __init__(self) -> None:
        self._met: set[tuple[str, str]] = set()

    def begin_pass(self) -> None:
        """Forget which were met."""
        self._met.clear()

    def first_time(self, workflow_id: str, instance_id: str) -> bool:
        """Meet a pair; tells whether that is for the first time in this pass."""
        before = len(self._met)
        self._met.add((workflow_id, instance_id))
        return len(self._met) > before


def compact(path: "Path", fd: int, header: bytes, pairs: Pairs) -> "Iterator[int | None]":
    """Replace a report by one that has only the last row of each pair.

    It works in steps, so that the caller can heed a signal between two of them. Closed early, it leaves
    the report as it was. A crash at any moment leaves the old report or the new one, whole.

    Args:
        path: The report.
        fd: The same, open and locked.
        header: The bytes it begins with.
        pairs: Meets each pair that was sent, from the newest row to the oldest.

    Yields:
        None after each step. At last, if a row was dropped, the descriptor of the new file, open and locked.

    Raises:
        OSError: It can't be read, or the new file can't be written; the report is as it was.
        ReportError: The same.
        ReportLostError: Somebody deleted, moved or shortened the report meanwhile.
    """
    stale: list[bool] = []
    for batch in newest_first(path):
        stale += [
            record.outcome not in _NEVER_REPLACED
            and not pairs.first_time(record.workflow_id, record.instance_id)
            for record in batch
        ]
        yield None
    if not any(stale):
        return
    temporary = temporary_for(path)
    temporary.unlink(missing_ok=True)
    new = create_private(temporary)
    try:
        _keep_owner_and_mode(fd, new)
        with os.fdopen(os.dup(fd), "rb") as old, os.fdopen(os.dup(new), "wb") as file:
            old.seek(0)
            if header:
                file.write(old.readline())
            while stale:
                lines = list(islice(old, _LINES_PER_STEP))
                if not lines:
                    raise ReportLostError(f"The report {path} was cut short.")  # noqa: TRY301 - as below
                file.writelines(line for line in lines if stale and not stale.pop())
                yield None
        os.fsync(new)
        if not stands_for(path, fd):
            raise ReportLostError(f"The report {path} was deleted or moved.")  # noqa: TRY301 - cleans up too
        temporary.replace(path)
    except BaseException:
        os.close(new)
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(path.parent)
    yield new


def _keep_owner_and_mode(old: int, new: int) -> None:
    """Give the new file the owner and mode of the old one, which `sudo … --resume` must not change."""
    was, made = os.fstat(old), os.fstat(new)
    if (was.st_uid, was.st_gid) != (made.st_uid, made.st_gid):
        os.fchown(new, was.st_uid, was.st_gid)
    os.fchmod(new, was.st_mode & 0o777)
