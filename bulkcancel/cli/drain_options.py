"""What was asked of `bulkcancel drain`: the options as typed, each with its type."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from bulkcancel.cli.run_options import RunOptions
from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_COLUMNS = {"input": None, "workflow_column": None, "instance_column": None, "workflow_id": None}


@dataclass(frozen=True, slots=True)
class DrainChoices:
    """Everything `drain` was given.

    Attributes:
        workflows: The workflows to drain, as they were named.
        all_workflows: Whether to drain all that the API lists.
        name: Drain those that the API finds for this text; or None.
        any_id: Whether ids may be other than UUIDs.
        selection: Which instances are wanted.
        settle: Seconds between the two passes that must find nothing.
        unpublish: Whether to stop the automatic triggers first.
        republish: Whether to publish the workflows again at the end.
        max_instances: More than that found, and nothing is sent; or None.
        run: What it shares with `run`.
    """

    workflows: tuple[str, ...]
    all_workflows: bool
    name: str | None
    any_id: bool
    selection: Selection
    settle: float
    unpublish: bool
    republish: bool
    max_instances: int | None
    run: RunOptions

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names.

        Raises:
            ConfigurationError: Two of them contradict each other.
        """
        if values["republish"] and not values["unpublish"]:
            raise ConfigurationError("--republish undoes what --unpublish did: give both.")
        if values["unpublish"] and values["all_workflows"]:
            raise ConfigurationError(
                "--unpublish can't go with --all-workflows: that would stop every automation there is. "
                "Name the workflows."
            )
        return cls(
            workflows=tuple(values["workflows"]),
            all_workflows=values["all_workflows"],
            name=values["name"],
            any_id=values["any_id"],
            selection=Selection(
                older_than=values["older_than"],
                newer_than=values["newer_than"],
                started_after=values["started_after"],
                started_before=values["started_before"],
                sources=frozenset(values["sources"]),
            ),
            settle=values["settle"],
            unpublish=values["unpublish"],
            republish=values["republish"],
            max_instances=values["max_instances"],
            run=RunOptions.of({**values, **_NO_COLUMNS, "verify": True}),
        )
