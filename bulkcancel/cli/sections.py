"""The sections of a command's help, and which option stands in which."""

from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

_Function = TypeVar("_Function", bound="Callable[..., Any]")


class Section(Enum):
    """Where an option stands in the help: by the title, in this order, in every command."""

    SERVER = "Server"
    REPLIES = "What requests meet"
    QUOTA = "The server's quota"
    KNOWN = "Workflows and pages"
    WORKFLOWS = "Which workflows"
    INSTANCES = "Which instances"
    INPUT = "Input"
    TRIGGERS = "Triggers"
    WAITING = "Waiting"
    QUESTION = "Plan and question"
    OUTPUT = "Output"
    REPORT = "Report"
    DONE = "What counts as done"
    PACE = "Pace and quota"
    STOP = "When to stop"
    JOB = "As a job"
    MONITORING = "Monitoring"
    TARGET = "Target and keys"
    REHEARSAL = "Rehearsal"
    MESSAGES = "Messages"
    HELP = "Help"

    @property
    def title(self) -> str:
        """As it stands in the help."""
        return self.value


def in_section(section: Section, *options: "Callable[[Any], Any]") -> "Callable[[_Function], _Function]":
    """Several options as one decorator, shown in this order in that section of the help.

    Args:
        section: Where they stand. Two groups of one section are shown as one.
        options: What `click.option` gave, or groups of them; those of a group with a section keep it.
    """

    def decorate(function: _Function) -> _Function:
        before = len(_params_of(function))
        for option in reversed(options):
            function = option(function)
        for param in _params_of(function)[before:]:
            if section_of(param) is None:
                param.section = section  # type: ignore[attr-defined] # read by section_of alone
        return function

    return decorate


def section_of(param: "click.Parameter") -> Section | None:
    """Where an option stands, or None where nobody has said."""
    if "--help" in param.opts:  # click adds it by itself
        return Section.HELP
    section: Section | None = getattr(param, "section", None)
    return section


def _params_of(function: "Callable[..., Any]") -> "list[click.Parameter]":
    """The options that click's decorators have left with a function so far."""
    params: list[click.Parameter] = getattr(function, "__click_params__", [])
    return params
