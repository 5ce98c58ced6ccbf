"""What was asked of `bulkcancel find`: the options as typed, each with its type."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from bulkcancel.cli.ok_exit import OkExit
from bulkcancel.cli.typed_options import MessageOptions, TargetOptions, ok_exit_of, pick, settings_of
from bulkcancel.cli.watching_options import agent_address
from bulkcancel.operations.selection import RUNNING, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.metrics import AgentAddress
    from bulkcancel.settings import Settings


class FoundFormat(StrEnum):
    """How instances are written."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    LINKS = "links"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class FindOptions:
    """Everything `find` was given.

    Attributes:
        workflows: The workflows to look into, as they were named.
        all_workflows: Whether to look into all that the API lists.
        name: Look into those that the API finds for this text; or None.
        any_id: Whether ids may be other than UUIDs.
        selection: Which instances are wanted.
        output: The file they go to, `-` for standard output, or None, which means the same.
        form: How they are written, or None for what fits where they go.
        count: Whether to write only how many there are.
        ok_exit: The exit codes that are taken as 0.
        settings: How requests are paced.
        target: Where requests go.
        messages: What is said.
        statsd: The agent that gets metrics, or None.
    """

    workflows: tuple[str, ...]
    all_workflows: bool
    name: str | None
    any_id: bool
    selection: Selection
    output: str | None
    form: FoundFormat | None
    count: bool
    ok_exit: OkExit
    settings: "Settings"
    target: TargetOptions
    messages: MessageOptions
    statsd: "AgentAddress | None"

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names.

        Raises:
            ConfigurationError: Two of them contradict each other.
        """
        return cls(
            workflows=tuple(values["workflows"]),
            all_workflows=values["all_workflows"],
            name=values["name"],
            any_id=values["any_id"],
            selection=Selection(
                statuses=frozenset(values["statuses"]) or frozenset({RUNNING}),
                older_than=values["older_than"],
                newer_than=values["newer_than"],
                started_after=values["started_after"],
                started_before=values["started_before"],
                sources=frozenset(values["sources"]),
                limit=values["limit"],
            ),
            output=values["output"],
            form=None if values["form"] is None else FoundFormat(values["form"]),
            count=values["count"],
            ok_exit=ok_exit_of(values),
            # The limit of a run counts rows of an input, which is another thing.
            settings=settings_of({name: value for name, value in values.items() if name != "limit"}),
            target=pick(TargetOptions, values),
            messages=pick(MessageOptions, values),
            statsd=agent_address(values["statsd"]),
        )
