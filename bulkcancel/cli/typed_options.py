"""What was typed, each option with its type: the groups that commands share."""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from bulkcancel.cli.ok_exit import OkExit
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


def pick(group: type[_Options], values: "Mapping[str, Any]") -> _Options:
    """The options of one group."""
    return group(**{one.name: values[one.name] for one in fields(group)})  # type: ignore[arg-type] # a dataclass


def ok_exit_of(values: "Mapping[str, Any]") -> OkExit:
    """The exit codes that are taken as 0, from each time the option was given."""
    return OkExit(frozenset().union(*values["ok_exit"]))


def settings_of(values: "Mapping[str, Any]") -> Settings:
    """The settings among the options that click read; the library's defaults for the rest."""
    return Settings(**{one.name: values[one.name] for one in fields(Settings) if one.name in values})
