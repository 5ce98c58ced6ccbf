"""What was asked of `bulkcancel run`: the options as typed, each with its type."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self, TypeVar

from bulkcancel.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_Options = TypeVar("_Options")


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """Where requests go, and as whom."""

    site: str | None
    base_url: str | None
    keys_file: "Path | None"
    ca_bundle: "Path | None"
    sandbox: bool
    scenario: str | None


@dataclass(frozen=True, slots=True)
class ColumnOptions:
    """Where the ids stand in INPUT."""

    workflow_column: str | None
    instance_column: str | None
    workflow_id: str | None
    any_id: bool


@dataclass(frozen=True, slots=True)
class MessageOptions:
    """What is said on standard error, and how."""

    log_format: str
    quiet: bool
    verbose: bool
    no_progress: bool


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Everything `run` was given.

    Attributes:
        input: INPUT, `-` for standard input, or None.
        report: The report's name, `-` for standard output, or None for a name of our own.
        resume: Whether to continue the report.
        yes: Whether to leave out the question.
        dry_run: Whether to send nothing.
        reason: Why, as the person put it, or None.
        summary: Where the summary is written, or None.
        settings: How the run behaves.
        target: Where requests go.
        columns: Where the ids stand.
        messages: What is said.
    """

    input: str | None
    report: str | None
    resume: bool
    yes: bool
    dry_run: bool
    reason: str | None
    summary: "Path | None"
    settings: Settings
    target: TargetOptions
    columns: ColumnOptions
    messages: MessageOptions

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names."""
        return cls(
            input=values["input"],
            report=values["report"],
            resume=values["resume"],
            yes=values["yes"],
            dry_run=values["dry_run"],
            reason=values["reason"],
            summary=values["summary"],
            settings=Settings(
                **{one.name: values[one.name] for one in fields(Settings) if one.name in values}
            ),
            target=pick(TargetOptions, values),
            columns=pick(ColumnOptions, values),
            messages=pick(MessageOptions, values),
        )


def pick(group: type[_Options], values: "Mapping[str, Any]") -> _Options:
    """The options of one group."""
    return group(**{one.name: values[one.name] for one in fields(group)})  # type: ignore[arg-type] # a dataclass
