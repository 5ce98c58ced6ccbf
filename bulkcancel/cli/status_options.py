"""What was asked of `bulkcancel status`: the options as typed, each with its type."""

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
from bulkcancel.cli.watching_options import agent_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.cli.file_names import FileName
    from bulkcancel.metrics import AgentAddress
    from bulkcancel.settings import Settings


class StatusFormat(StrEnum):
    """How states are written."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class StatusOptions:
    """Everything `status` was given.

    Attributes:
        input: INPUT, `-` for standard input, or None.
        wait: Whether to read again until all have ended.
        wait_timeout: Seconds to wait for that.
        output: The file they go to, `-` for standard output, or None, which means the same.
        form: How they are written, or None for what fits where they go.
        ok_exit: The exit codes that are taken as 0.
        settings: How requests are paced.
        target: Where requests go.
        columns: Where the ids stand.
        messages: What is said.
        statsd: The agent that gets metrics, or None.
    """

    input: str | None
    wait: bool
    wait_timeout: float
    output: str | None
    form: StatusFormat | None
    ok_exit: OkExit
    settings: "Settings"
    target: TargetOptions
    columns: ColumnOptions
    messages: MessageOptions
    statsd: "AgentAddress | None"

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names."""
        given: FileName | None = values["input"]
        return cls(
            input=None if given is None else given.text,
            wait=values["wait"],
            wait_timeout=values["wait_timeout"],
            output=values["output"],
            form=None if values["form"] is None else StatusFormat(values["form"]),
            ok_exit=ok_exit_of(values),
            settings=settings_of(values),
            target=pick(TargetOptions, values),
            columns=pick(ColumnOptions, values),
            messages=pick(MessageOptions, values),
            statsd=agent_address(values["statsd"]),
        )
