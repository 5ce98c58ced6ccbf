"""What was asked of `bulkcancel run`: the options as typed, each with its type."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from bulkcancel.cli.ok_exit import OkExit
from bulkcancel.cli.typed_options import (
    ColumnOptions,
    MessageOptions,
    TargetOptions,
    ok_exit_of,
    pick,
    settings_of,
)
from bulkcancel.cli.watching_options import WatchingOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bulkcancel.cli.file_names import FileName
    from bulkcancel.settings import Settings


class IfLocked(StrEnum):
    """What a run does when another one holds its lock."""

    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Everything `run` was given.

    Attributes:
        input: INPUT, `-` for standard input, or None.
        report: The report's name, its placeholders filled in; `-` for standard output, or None for a name of
            our own.
        report_filled: The placeholders that it was typed with.
        resume: Whether to continue the report.
        yes: Whether to leave out the question.
        dry_run: Whether to send nothing.
        reason: Why, as the person put it, or None.
        summary: Where the summary is written, or None.
        lock: The name of the lock that only one run at a time has, or None.
        if_locked: What to do when another run has it.
        ok_exit: The exit codes that are taken as 0.
        settings: How the run behaves.
        target: Where requests go.
        columns: Where the ids stand.
        messages: What is said.
        watching: Who else is told.
    """

    input: str | None
    report: str | None
    report_filled: frozenset[str]
    resume: bool
    yes: bool
    dry_run: bool
    reason: str | None
    summary: "Path | None"
    lock: str | None
    if_locked: IfLocked
    ok_exit: OkExit
    settings: "Settings"
    target: TargetOptions
    columns: ColumnOptions
    messages: MessageOptions
    watching: WatchingOptions

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names."""
        given: FileName | None = values["input"]
        report: FileName | None = values["report"]
        return cls(
            input=None if given is None else given.text,
            report=None if report is None else report.text,
            report_filled=frozenset() if report is None else report.filled,
            resume=values["resume"],
            yes=values["yes"],
            dry_run=values["dry_run"],
            reason=values["reason"],
            summary=values["summary"],
            lock=values["lock"],
            if_locked=IfLocked(values["if_locked"]),
            ok_exit=ok_exit_of(values),
            settings=settings_of(values),
            target=pick(TargetOptions, values),
            columns=pick(ColumnOptions, values),
            messages=pick(MessageOptions, values),
            watching=WatchingOptions.of(values),
        )
