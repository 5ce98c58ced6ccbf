"""Where rows come from: INPUT, or what a report has unfinished."""

import sys
from typing import TYPE_CHECKING

import click

from bulkcancel.cli.streams import is_terminal
from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.recorded_rows import RecordedRows
from bulkcancel.operations.report_target import STDIO
from bulkcancel.sources import InputOptions, as_id, open_source, what_is_wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.cli.run_options import RunOptions
    from bulkcancel.cli.typed_options import ColumnOptions
    from bulkcancel.ledger import Ledger
    from bulkcancel.operations.report_target import ReportTarget
    from bulkcancel.sources import Source


def open_rows(
    options: "RunOptions", target: "ReportTarget", ledger: "Ledger", site: str
) -> "Source | RecordedRows":
    """Open what a run takes its rows from.

    Args:
        options: What was typed.
        target: The report.
        ledger: Where it stands which rows of the report are done.
        site: The site that requests go to, which links in INPUT must be of; or empty.

    Raises:
        ConfigurationError: The workflow id can't be one.
        InputError: INPUT can't be read.
        click.UsageError: There is no INPUT, and a person at the terminal who may not know.
    """
    rows = input_options(options.columns, site)
    if options.input is None and options.resume:
        return RecordedRows(target.existing, ledger, any_id=rows.any_id)
    return open_input(options.input, rows)


def open_input(name: str | None, options: InputOptions) -> "Source":
    """Open INPUT, or standard input where it is not named.

    Raises:
        InputError: It can't be read.
        click.UsageError: There is no INPUT, and a person at the terminal who may not know.
    """
    if name is None and is_terminal(sys.stdin):
        raise click.UsageError("Name an INPUT file, or pipe rows to standard input.")
    return open_source(name or STDIO, options)


def input_options(
    columns: "ColumnOptions", site: str, check_target: "Callable[[str], None] | None" = None
) -> InputOptions:
    """How INPUT is read.

    Args:
        columns: What was typed of it.
        site: The site that requests go to, which links must be of; or empty.
        check_target: As `InputOptions` has it.

    Raises:
        ConfigurationError: The workflow id can't be one.
    """
    given = columns.workflow_id
    workflow_id = None if given is None else as_id(given.strip(), any_id=columns.any_id)
    if given is not None and workflow_id is None:
        wrong = what_is_wrong(given.strip(), any_id=columns.any_id)
        raise ConfigurationError(f"--workflow-id {given!r} is not {wrong}.")
    return InputOptions(
        workflow_column=columns.workflow_column,
        instance_column=columns.instance_column,
        workflow_id=workflow_id,
        any_id=columns.any_id,
        site=site,
        check_target=check_target,
    )
