"""Texts from the command line as values: counts, rates, shares, durations, limits, shards, file names."""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bulkcancel.cli.file_names import FileName, UnknownPlaceholderError, fill_in, given
from bulkcancel.cli.invocation import current
from bulkcancel.cli.ok_exit import MAY_BE_OK, NEVER_OK
from bulkcancel.listings import moment_of
from bulkcancel.models import ExitCode
from bulkcancel.settings import FailureLimit, Rate, Shard

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.cli.invocation import Invocation

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RATE = re.compile(r"(\d{1,9})\s*/\s*([smh])", re.ASCII)
_DURATION = re.compile(r"(\d{1,9}(?:\.\d+)?)\s*([smh]?)", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_SHARD = re.compile(r"(\d{1,6}|auto)\s*/\s*(\d{1,6})", re.ASCII)
_INDEX = re.compile(r"\d{1,6}", re.ASCII)
# Where Kubernetes, AWS Batch and Google Cloud Run tell each process of a job its number, from 0.
_INDEX_NAMES = ("JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX", "CLOUD_RUN_TASK_INDEX")
_LOCK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_MOST_HEADROOM, _ALL = 90.0, 100.0


class Choice(click.Choice[str]):
    """One of a few words, with the likeliest suggested for a slip."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ANN401 - click's
        """What click says, and what was probably meant."""
        close = get_close_matches(str(value), map(str, self.choices), n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        return f"{super().get_invalid_choice_message(value, ctx)}{hint}"


def count(text: str) -> int:
    """A number from 1 on."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or not int(found[0]):
        raise click.BadParameter(f"{text!r} is not a number from 1 on.")
    return int(found[0])


def rate(text: str) -> Rate:
    """`5/s`, `300/m` or `1000/h`."""
    found = _RATE.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise click.BadParameter(f"{text!r} is not a rate; write 5/s, 300/m or 1000/h.")
    return Rate(int(found[1]), _UNITS[found[2]])


def seconds(text: str) -> float:
    """A duration, `30`, `90s`, `50m` or `2h`, in seconds."""
    found = _DURATION.fullmatch(text.strip())
    duration = float(found[1]) * _UNITS[found[2] or "s"] if found is not None else 0.0
    if duration <= 0.0:
        raise click.BadParameter(f"{text!r} is not a duration; write 30, 90s, 50m or 2h.")
    return duration


def moment(text: str) -> float:
    """A time, `2026-01-31T12:00Z` or `2026-01-31`, in seconds since the epoch; without a zone it is UTC."""
    found = moment_of(text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is not a time; write 2026-01-31T12:00Z.")
    return found


def headroom(text: str) -> float:
    """A share, `20%`, as a number from 0.0 to 0.9."""
    found = _PERCENT.fullmatch(text.strip())
    if found is None or float(found[1]) > _MOST_HEADROOM:
        raise click.BadParameter(f"{text!r} is not a share from 0% to 90%; write 20%.")
    return float(found[1]) / _ALL


def failure_limit(text: str) -> FailureLimit:
    """A number of rows, `50`, or a share of them, `10%`."""
    percent, number = _PERCENT.fullmatch(text.strip()), _NUMBER.fullmatch(text.strip())
    found = float(percent[1]) if percent is not None else float(number[0]) if number is not None else 0.0
    if found <= 0.0 or (percent is not None and found > _ALL):
        raise click.BadParameter(f"{text!r} is neither a number of rows nor a percentage; write 50 or 10%.")
    return FailureLimit(found, is_percent=percent is not None)


def shard(text: str) -> Shard:
    """A part of the job: `2/4` for the second of four, `auto/4` for the one that a scheduler says it is."""
    found = _SHARD.fullmatch(text.strip())
    total = int(found[2]) if found is not None else 0
    if found is None or total == 0 or (found[1] != "auto" and not 1 <= int(found[1]) <= total):
        raise click.BadParameter(f"{text!r} is not a shard; write 1/4 for the first of four.")
    return Shard(_own_number(text, total) if found[1] == "auto" else int(found[1]), total)


def _own_number(text: str, total: int) -> int:
    """Which shard this process is, from 1."""
    name = next((name for name in _INDEX_NAMES if name in os.environ), None)
    if name is None:
        names = f"{', '.join(_INDEX_NAMES[:-1])} or {_INDEX_NAMES[-1]}"
        raise click.BadParameter(
            f"{text!r} needs the index that a scheduler sets, {names}; "
            "elsewhere write 1/4 for the first of four."
        )
    value = os.environ[name]
    if not _INDEX.fullmatch(value) or int(value) >= total:
        raise click.BadParameter(f"{text!r} needs an index from 0 to {total - 1}, and {name} is {value!r}.")
    return int(value) + 1


def ok_exit(text: str) -> frozenset[ExitCode]:
    """Exit codes that are taken as 0: `1`, or `1,3`."""
    found = set()
    for word in text.split(","):
        number = word.strip()
        code = next((code for code in ExitCode if str(int(code)) == number), None)
        if code in NEVER_OK:
            raise click.BadParameter(f"{number} is never taken as 0: {NEVER_OK[code]}.")
        if code not in MAY_BE_OK:
            raise click.BadParameter(f"{text!r} is no exit code that can be taken as 0; write 1, 3 or 1,3.")
        found.add(code)
    return frozenset(found)


def lock_name(text: str) -> str:
    """The name of a lock, `nightly`."""
    if _LOCK.fullmatch(text) is None:
        raise click.BadParameter(
            f"{text!r} is no name for a lock; write nightly: up to 64 letters, digits, ., _ and -, no path."
        )
    return text


def file_name(text: str) -> FileName:
    """The name of a file to be written; `report-{date}.csv` has the day in it."""
    return _filled(fill_in, text)


def given_file(text: str) -> FileName:
    """The name of a file to be read."""
    return _filled(given, text)


def given_file_text(text: str) -> str:
    """The same, as text."""
    return given_file(text).text


def file_name_text(text: str) -> str:
    """The name of a file to be written, as text."""
    return file_name(text).text


def file_path(text: str) -> Path:
    """The same, as a path."""
    return Path(file_name(text).text)


def _filled(fill: "Callable[[str, Invocation], FileName]", text: str) -> FileName:
    try:
        return fill(text, current())
    except UnknownPlaceholderError as error:
        raise click.BadParameter(str(error)) from None
