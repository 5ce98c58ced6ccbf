"""What was asked of `bulkcancel check`: the options as typed, each with its type."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from bulkcancel.cli.typed_options import TargetOptions, pick
from bulkcancel.progress.messages import LogFormat

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """Everything `check` was given.

    Attributes:
        as_json: Whether to write one JSON document instead of lines.
        timeout: Seconds that each step may take.
        log_format: How messages are written.
        target: Where requests go.
    """

    as_json: bool
    timeout: float
    log_format: LogFormat
    target: TargetOptions

    @classmethod
    def of(cls, values: "Mapping[str, Any]") -> Self:
        """The options that click read, by their names."""
        return cls(
            as_json=values["as_json"],
            timeout=values["timeout"],
            log_format=LogFormat(values["log_format"]),
            target=pick(TargetOptions, values),
        )
