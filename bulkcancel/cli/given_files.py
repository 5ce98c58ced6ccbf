"""The files a run is given: no two of them are one file, and what is to be written can be written."""

import os
import stat
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from bulkcancel.errors import ConfigurationError, words_of
from bulkcancel.operations.report_target import STDIO
from bulkcancel.report import check_replaceable

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.operations.report_target import ReportTarget


def check_given_files(options: "RunOptions", target: "ReportTarget") -> "RunOptions":
    """See that each file a run is given has one purpose, before anything is read or written.

    Args:
        options: The options as given.
        target: Where the report goes.

    Returns:
        The options; without INPUT where that is the report to resume, which means the same, and which must
        not be read while it grows.

    Raises:
        ConfigurationError: Two of them are one file, by whatever names; or the summary can't be written.
    """
    source = options.input
    if target.resumes and source not in {None, STDIO} and _identity(source) == _identity(target.path):
        source = None
        options = replace(options, input=None)
    reads_stdin = source == STDIO or (source is None and not options.resume)
    given = {
        "INPUT": _file_of(sys.stdin) if reads_stdin else source,
        "--report": _file_of(sys.stdout) if target.path is None else target.path,
        "--summary": options.summary,
        "--keys-file": options.target.keys_file,
        "--ca-bundle": options.target.ca_bundle,
    }
    seen: dict[object, str] = {}
    for purpose, name in given.items():
        if (identity := _identity(name)) is None:
            continue
        other = seen.setdefault(identity, purpose)
        if other != purpose:
            raise ConfigurationError(
                f"{other} and {purpose} are one and the same file, and each needs a file of its own. "
                "Nothing was sent."
            )
    if options.summary is not None:
        try:
            check_replaceable(options.summary)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"The summary {options.summary} can't be written: {words_of(error)}. Nothing was sent."
            ) from None
    return options


def _identity(name: "str | Path | int | None") -> tuple[object, ...] | None:
    """What a name or a descriptor stands for, the same for all names of one file, there already or not.

    None where nothing can be overwritten: a terminal, a pipe and a device may serve two purposes.
    """
    if name is None:
        return None
    try:
        found = os.stat(name)  # noqa: PTH116 - a descriptor too
    except ValueError:  # no file has a name like this
        return None
    except OSError:
        return None if isinstance(name, int) else _identity_to_be(name)
    return (found.st_dev, found.st_ino) if stat.S_ISREG(found.st_mode) else None


def _identity_to_be(name: "str | Path") -> tuple[object, ...]:
    """The same for a file that is not there yet: its directory, and its name in it."""
    folder, last = os.path.split(os.path.realpath(name))
    try:
        found = os.stat(folder)  # noqa: PTH116 - as above
    except OSError:
        return (folder, last)
    return (found.st_dev, found.st_ino, last)


def _file_of(stream: "TextIO | None") -> int | None:
    """A stream's descriptor, if it has one."""
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None
