"""A search at work: each page written as it comes, and said at its end what it came to."""

import asyncio
import shutil
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.data_output import ReaderGoneError, form_of
from bulkcancel.cli.execute import open_api
from bulkcancel.cli.file_limit import fit_concurrency
from bulkcancel.cli.find_options import FoundFormat
from bulkcancel.cli.found_output import WIDE_FROM, open_output
from bulkcancel.cli.leaving import hearing
from bulkcancel.cli.named_workflows import named_workflows
from bulkcancel.cli.watching import Metrics
from bulkcancel.engine.observers import Observers
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.operations.session import Session
from bulkcancel.operations.threads import UnjoinedExecutor, in_thread
from bulkcancel.progress.display import showing
from bulkcancel.progress.find_progress import FindProgress
from bulkcancel.progress.log import message_observers
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import end_words, entry_of, number_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.find_options import FindOptions
    from bulkcancel.cli.found_output import FoundOutput
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.clock import Clock
    from bulkcancel.operations.find import InstanceSearch
    from bulkcancel.progress.messages import Messages
    from bulkcancel.settings import Settings


def search(
    options: "FindOptions", invocation: "Invocation", messages: "Messages", clock: "Clock"
) -> ExitCode:
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
        metrics = Metrics(options.statsd, "find", connection.label, messages)
        work = Search(options, ids, connection, output, messages, metrics)
        invocation.signals.start()
        return anyio.run(work.run, settings, clock, invocation)


class Search:
    """Finds, writes, and says what it came to."""

    def __init__(
        self,
        options: "FindOptions",
        ids: list[str] | None,
        connection: "Connection",
        output: "FoundOutput",
        messages: "Messages",
        metrics: Metrics,
    ) -> None:
        self._options = options
        self._ids = ids
        self._connection = connection
        self._output = output
        self._messages = messages
        self._metrics = metrics
        self._is_read = True

    async def run(self, settings: "Settings", clock: "Clock", invocation: "Invocation") -> ExitCode:
        """Find them all. A second signal leaves at once, whoever does not read the output."""
        asyncio.get_running_loop().set_default_executor(UnjoinedExecutor())
        options, observers = self._options, Observers(message_observers(self._messages, clock))
        progress = FindProgress(clock, None if self._ids is None else len(set(self._ids)))
        if self._shows_progress:
            observers.add(progress)
        began = clock.now()
        async with AsyncExitStack() as stack:
            self._metrics.begin(observers)
            stack.callback(self._metrics.leave)
            api = await open_api(stack, self._connection, settings, clock)
            session = Session(api, settings, site=self._connection.label, observers=observers, clock=clock)
            search = session.find_instances(
                self._ids, selection=options.selection, name=options.name or "", any_id=options.any_id
            )
            leaving = stack.enter_context(hearing(session, invocation.signals))
            with leaving.scope:
                shown = showing(progress, self._messages, clock, is_wanted=self._shows_progress)
                await self._write(search, shown)
            stop = leaving.reason or search.stop
            await self._metrics.end(self._end_of(search, stop)[0], clock.now() - began)
            return self._say(search, stop)

    @property
    def _shows_progress(self) -> bool:
        options = self._options.messages
        is_wanted = not (options.no_progress or options.quiet)
        return is_wanted and (self._output.is_aside or not self._messages.output.isatty())

    async def _write(self, search: "InstanceSearch", shown: "AbstractAsyncContextManager[None]") -> None:
        """Write each page as it comes, in a thread: whoever reads a pipe may keep us waiting."""
        try:
            await in_thread(0.0, self._output.begin)
            async with shown, aclosing(search.pages()) as pages:
                async for page in pages:
                    await in_thread(0.0, self._output.page, page)
            await in_thread(0.0, self._output.end, search.listings)
        except ReaderGoneError:
            self._is_read = False

    def _say(self, search: "InstanceSearch", stop: StopReason | None) -> ExitCode:
        """Say what is missing and, last, what it came to."""
        messages = self._messages
        for one in search.unlisted:
            if one.problem is not None:
                messages.error(
                    LogEvent.NOT_LISTED,
                    f"The workflow {one.workflow_id} could not be listed: {one.problem.detail}.",
                    workflow_id=one.workflow_id,
                )
        if search.problem is not None:
            messages.error(
                LogEvent.NOT_LISTED, f"The list of workflows could not be read: {search.problem.detail}."
            )
        if undated := sum(one.undated for one in search.listings):
            instances = number_of(undated, "instance")
            messages.warning(
                LogEvent.LEFT_OUT, f"{instances} would match, but the API does not tell when they started."
            )
        if unusable := sum(one.unusable for one in search.listings):
            instances, are = number_of(unusable, "instance"), "is" if unusable == 1 else "are"
            messages.warning(
                LogEvent.LEFT_OUT,
                f"{instances} {are} listed in a way that can't be read, and {are} left out.",
            )
        if stop is StopReason.REFUSED:
            messages.error(LogEvent.KEYS_REFUSED, self._connection.refusal(None, "workflows_read"))
        if more := entry_of(stop):
            messages.info(LogEvent.RESULT, more)
        code, why = self._end_of(search, stop)
        ending = self._options.ok_exit.ending(code, stop)
        since = ""
        if search.as_of is not None:
            moment = f"{datetime.fromtimestamp(search.as_of, UTC):%Y-%m-%d %H:%M:%S} UTC"
            since = f"; the picture holds since {moment}; what started or ended later may be missing"
        messages.last(
            LogEvent.ENDED,
            ending.said(f"{why}{number_of(search.read, 'instance')} read, {search.found:,} matching{since}."),
            read=search.read,
            matching=search.found,
            **ending.as_dict(),
        )
        return ending.process_code

    def _end_of(self, search: "InstanceSearch", stop: StopReason | None) -> tuple[ExitCode, str]:
        """The exit status, and what to say before the counts."""
        if not self._is_read:
            return ExitCode.OK, "Stopped, because nobody reads the output any more: "
        if stop is not None:
            return stop.exit_code, f"{end_words(stop)}. "
        if search.unlisted or search.problem is not None:
            return (
                ExitCode.INCOMPLETE,
                f"Not whole: {number_of(len(search.unlisted), 'workflow')} not listed. ",
            )
        if search.is_limited:
            return ExitCode.OK, "Stopped at --limit: "
        return ExitCode.OK, "" if search.found else "Nothing matches: "
