"""A search at work: each page written as it comes, and said at its end what it came to."""

import shutil
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.data_command import DataCommand
from bulkcancel.cli.data_output import form_of
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.find_options import FoundFormat
from bulkcancel.cli.find_words import FindWords
from bulkcancel.cli.found_output import WIDE_FROM, open_output
from bulkcancel.cli.named_workflows import named_workflows
from bulkcancel.errors import ConfigurationError
from bulkcancel.operations.threads import in_thread
from bulkcancel.progress.find_progress import FindProgress
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import number_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.find_options import FindOptions
    from bulkcancel.cli.found_output import FoundOutput
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.clock import Clock
    from bulkcancel.models import ExitCode, StopReason
    from bulkcancel.operations.find import InstanceSearch
    from bulkcancel.operations.session import Session
    from bulkcancel.progress.messages import Messages


def search(
    options: "FindOptions", invocation: "Invocation", messages: "Messages", clock: "Clock"
) -> "ExitCode":
    """Do what was asked, up to the last word.

    Raises:
        BulkCancelError: It can't be done; nothing was asked.
        click.UsageError: No workflow was named.
    """
    connection = find_connection(options.target)
    site = connection.target.site
    lists = options.all_workflows or options.name is not None
    ids = named_workflows(options.workflows, lists=lists, any_id=options.any_id, site=site)
    connection = with_keys(connection, options.target.keys_file, may_lack=False)
    settings = fit_concurrency(
        options.settings, messages, is_sandbox=connection.scenario is not None, has_report=False
    )
    if connection.doubt:
        messages.warning(LogEvent.SITE_DOUBTFUL, connection.doubt)
    form = form_of(FoundFormat, options.form, options.output)
    if form is FoundFormat.LINKS and not site:
        raise ConfigurationError(
            "--format links needs a site: a sandbox and a test server have no pages to link to."
        )
    width = shutil.get_terminal_size((WIDE_FROM, 0)).columns  # whole where there is no terminal
    with open_output(options.output, form, site, counts_alone=options.count, width=width) as output:
        work = Search(options, ids, connection, output, messages, invocation, clock)
        invocation.signals.start()
        return anyio.run(work.run, settings)


class Search(DataCommand["InstanceSearch"]):
    """Finds, writes, and says what it came to."""

    operation = "find"

    def __init__(
        self,
        options: "FindOptions",
        ids: list[str] | None,
        connection: "Connection",
        output: "FoundOutput",
        messages: "Messages",
        invocation: "Invocation",
        clock: "Clock",
    ) -> None:
        super().__init__(options, connection, output, messages, invocation, clock)
        self._options = options
        self._ids = ids
        self._output = output

    def progress(self) -> FindProgress:
        """How far it is."""
        return FindProgress(self._clock, None if self._ids is None else len(set(self._ids)))

    def begin(self, session: "Session") -> "InstanceSearch":
        """The search."""
        options = self._options
        return session.find_instances(
            self._ids, selection=options.selection, name=options.name or "", any_id=options.any_id
        )

    async def write(self, work: "InstanceSearch", shown: "AbstractAsyncContextManager[None]") -> None:
        """Write each page as it comes, in a thread: whoever reads a pipe may keep us waiting."""
        await in_thread(0.0, self._output.begin)
        async with shown, aclosing(work.pages()) as pages:
            async for page in pages:
                await in_thread(0.0, self._output.page, page)
        await in_thread(0.0, self._output.end, work.listings)

    def words(self, work: "InstanceSearch", stop: "StopReason | None", *, is_read: bool) -> FindWords:
        """What it came to."""
        return FindWords(work, stop, is_read=is_read)

    def tell(self, work: "InstanceSearch") -> None:
        """Say which lists are missing, and which instances."""
        messages = self._messages
        for one in work.unlisted:
            if one.problem is not None:
                messages.error(
                    LogEvent.NOT_LISTED,
                    f"The workflow {one.workflow_id} could not be listed: {one.problem.detail}.",
                    workflow_id=one.workflow_id,
                )
        if work.problem is not None:
            messages.error(
                LogEvent.NOT_LISTED, f"The list of workflows could not be read: {work.problem.detail}."
            )
        if undated := sum(one.undated for one in work.listings):
            instances = number_of(undated, "instance")
            messages.warning(
                LogEvent.LEFT_OUT, f"{instances} would match, but the API does not tell when they started."
            )
        if unusable := sum(one.unusable for one in work.listings):
            instances, are = number_of(unusable, "instance"), "is" if unusable == 1 else "are"
            messages.warning(
                LogEvent.LEFT_OUT,
                f"{instances} {are} listed in a way that can't be read, and {are} left out.",
            )
