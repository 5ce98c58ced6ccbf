"""The workflows that a command was given: ids and pasted links, as words or on standard input."""

import csv
import sys
from typing import TYPE_CHECKING

import click

from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.report_target import STDIO
from bulkcancel.sites import site_of_host
from bulkcancel.sources import as_id, parts_of_link, what_is_wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COLUMN = "workflow_id"
_MOST_WORKFLOWS = 10_000  # named on standard input
_LONGEST_LINE = 100_000  # characters


def named_workflows(words: "Sequence[str]", *, lists: bool, any_id: bool, site: str) -> list[str] | None:
    """The ids of the workflows that were named, or None for those of the API's own list.

    Args:
        words: Ids, links, or `-` for the lines of standard input.
        lists: Whether the workflows are taken from the API's list.
        any_id: Whether ids may be other than UUIDs.
        site: The site that requests go to, which links must be of; or empty.

    Raises:
        ConfigurationError: One can't be a workflow, or two ways of naming them exclude each other.
        click.UsageError: None was named.
    """
    if words and lists:
        raise ConfigurationError("Name workflows, or take them from the list with --all-workflows or --name.")
    if not words and not lists:
        raise click.UsageError("Name a WORKFLOW, or say --all-workflows.")
    if lists:
        return None
    return [_workflow_id(word, any_id=any_id, site=site) for word in _with_stdin(words)]


def _with_stdin(words: "Sequence[str]") -> "Iterator[str]":
    """The words, with what standard input has in the place of the first `-`."""
    is_read = False
    for word in words:
        if word == STDIO and not is_read:
            is_read = True
            yield from _read_ids()
        else:
            yield word


def _read_ids() -> list[str]:
    """What standard input has, one a line or in its column `workflow_id`, each once; no comments.

    Raises:
        ConfigurationError: It is not text, or more than any list of workflows can be.
    """
    column = 0
    found: dict[str, None] = {}
    try:
        for number, cells in enumerate(csv.reader(_lines())):
            names = [cell.strip().lower() for cell in cells]
            if number == 0 and _COLUMN in names:
                column = names.index(_COLUMN)
            elif len(cells) > column and names[column] and not names[0].startswith("#"):
                found.setdefault(cells[column].strip())
                if len(found) > _MOST_WORKFLOWS:
                    raise ConfigurationError(
                        f"Standard input names more than {_MOST_WORKFLOWS:,} workflows: give it in parts, or "
                        "take all of them with --all-workflows."
                    )
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"Standard input can't be read: {error}.") from None
    return list(found)


def _lines() -> "Iterator[str]":
    """The lines of standard input; what never ends its line is no list of workflows.

    Raises:
        ConfigurationError: A line is too long.
    """
    while line := sys.stdin.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise ConfigurationError(
                f"Standard input can't be read: a line of it is longer than {_LONGEST_LINE:,} characters."
            )
        yield line


def _workflow_id(word: str, *, any_id: bool, site: str) -> str:
    """The id of one workflow, from an id or a pasted link."""
    text = word.strip()
    if text.startswith(("http://", "https://")):
        parts = parts_of_link(text)
        linked = None if parts is None else site_of_host(parts[0])
        if parts is None or linked is None:
            raise ConfigurationError(
                f"{word!r} is not a link to a workflow: https://app.<site>/workflow/<workflow>"
            )
        if site not in {"", linked}:
            raise ConfigurationError(f"The link leads to {linked}, but requests go to {site} (--site).")
        text = parts[1]
    found = as_id(text, any_id=any_id)
    if found is None:
        raise ConfigurationError(f"The workflow id {text!r} is not {what_is_wrong(text, any_id=any_id)}.")
    return found
