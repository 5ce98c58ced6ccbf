"""A lock by name: one run of that name at a time, for one user on one machine."""

import json
import os
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from bulkcancel.cli.run_options import IfLocked
from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.models import ExitCode
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.report.files import open_locked, try_lock
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.progress.messages import Messages

# Not XDG_RUNTIME_DIR or TMPDIR: a terminal has them and cron has not, and the two have to meet.
_BESIDE = Path("/tmp")  # noqa: S108 - a folder of the user's own in it, which is looked at before it is used
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
_MOST_READ, _LONGEST_SHOWN = 1000, 40


class LockHeldError(Exception):
    """Another run holds the lock; the text says which."""


def run_alone(
    options: "RunOptions", invocation: "Invocation", messages: "Messages", work: "Callable[[], ExitCode]"
) -> ExitCode:
    """Do some work while no other run has the lock that `--lock` names. A dry run needs none.

    Raises:
        BulkCancelError: Another run has it, or what the work raises.
    """
    if options.lock is None or options.dry_run:
        return work()
    try:
        lock = NamedLock.take(options.lock, invocation)
    except LockHeldError as error:
        if options.if_locked is IfLocked.SKIP:
            messages.last(LogEvent.ENDED, f"Skipped: {error}; nothing was sent.", exit_code=int(ExitCode.OK))
            return ExitCode.OK
        raise ConfigurationError(
            f"Not begun: {error}. Wait until that one has ended, or stop it: its report can be resumed. "
            "Where runs may meet, say --if-locked skip. Nothing was sent."
        ) from None
    try:
        return work()
    finally:
        lock.release()


class NamedLock:
    """A lock that is held. It is the kernel's: a process that dies leaves none behind."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    @classmethod
    def take(cls, name: str, invocation: "Invocation") -> Self:
        """Take it, and say in it who has it.

        Args:
            name: Its name.
            invocation: The run that takes it.

        Raises:
            LockHeldError: Another run holds it.
            ConfigurationError: It can't be taken at all.
        """
        folder = _own_folder()
        path = folder / f"{name}.lock"

        def lock_it(fd: int) -> None:
            if not try_lock(fd):
                raise LockHeldError(f"another run holds the lock {name}{_holder(fd)}")

        try:
            fd = open_locked(path, lambda: os.open(path, _FLAGS, 0o600), lock_it)
        except OSError as error:
            raise _unusable(path, words_of(error)) from None
        holder = {"pid": os.getpid(), "since": invocation.began_at, "run_id": invocation.run_id}
        with suppress(OSError):  # it is held, whatever a full disk says
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps(holder).encode(), 0)
        return cls(fd)

    def release(self) -> None:
        """Let it go. The file stays: to remove it could take it from somebody who is about to lock it."""
        with suppress(OSError):
            os.ftruncate(self._fd, 0)
        os.close(self._fd)


def _own_folder() -> Path:
    """The folder of this user's locks, which nobody else can write to or has put a link in the place of.

    Raises:
        ConfigurationError: There can't be one.
    """
    folder = _BESIDE / f"bulkcancel-{os.geteuid()}"
    try:
        with suppress(FileExistsError):
            folder.mkdir(0o700)
        found = folder.lstat()
    except OSError as error:
        raise _unusable(folder, words_of(error)) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise _unusable(folder, "it is not a folder of this user's alone")
    return folder


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The lock {path} can't be used: {why}. Put that right, or go without --lock. Nothing was sent."
    )


def _holder(fd: int) -> str:
    """Who has it, as far as it tells: for an instant after it was taken, it does not."""
    try:
        said = json.loads(os.pread(fd, _MOST_READ, 0))
        since = f"{datetime.fromtimestamp(said['since'], UTC):%Y-%m-%d %H:%M:%S}"
        return (
            f": process {said['pid']:d}, since {since} UTC, run {printable(said['run_id'], _LONGEST_SHOWN)}"
        )
    except (OSError, ValueError, LookupError, TypeError, OverflowError):
        return ""
