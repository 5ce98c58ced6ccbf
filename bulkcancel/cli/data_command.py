"""A command that reads: its rows are written as they come, and its end says what they come to."""

from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from bulkcancel.cli.at_work import at_work
from bulkcancel.cli.data_output import ReaderGoneError
from bulkcancel.cli.leaving import hearing
from bulkcancel.cli.watching import Metrics
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.progress.display import showing
from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.words import entry_of

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.data_output import DataOutput
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.cli.ok_exit import OkExit
    from bulkcancel.cli.typed_options import MessageOptions
    from bulkcancel.clock import Clock
    from bulkcancel.events import Concern
    from bulkcancel.metrics import AgentAddress
    from bulkcancel.operations.session import Session
    from bulkcancel.progress.messages import Messages
    from bulkcancel.progress.view import ProgressSource
    from bulkcancel.settings import Settings


class _Options(Protocol):
    """What each of them was asked."""

    @property
    def messages(self) -> "MessageOptions":
        """What is said."""
        ...

    @property
    def ok_exit(self) -> "OkExit":
        """The exit codes that are taken as 0."""
        ...

    @property
    def statsd(self) -> "AgentAddress | None":
        """Where metrics go, or None."""
        ...


class _Work(Protocol):
    """What is read."""

    @property
    def stop(self) -> StopReason | None:
        """Why it ended early, or None."""
        ...


class EndWords(Protocol):
    """What it came to."""

    exit_code: ExitCode

    def before(self) -> str:
        """What to say before the last words, or empty."""
        ...

    def last(self) -> str:
        """The last words."""
        ...

    def counts(self) -> "dict[str, object]":
        """The same for the log."""
        ...


_W = TypeVar("_W", bound=_Work)


class DataCommand(ABC, Generic[_W]):
    """Reads, writes, and says what it came to."""

    #: What its metrics call it.
    operation: ClassVar[str]
    #: Concerns that it tells in words of its own.
    unsaid: "ClassVar[frozenset[Concern]]" = frozenset()

    def __init__(
        self,
        options: _Options,
        connection: "Connection",
        output: "DataOutput",
        messages: "Messages",
        invocation: "Invocation",
        clock: "Clock",
    ) -> None:
        """Prepare it.

        Raises:
            MissingLibraryError: What sends metrics is not installed.
        """
        self._asked = options
        self._connection = connection
        self._rows_go_to = output
        self._messages = messages
        self._invocation = invocation
        self._clock = clock
        self._metrics = Metrics(options.statsd, self.operation, connection.label, messages)

    @abstractmethod
    def progress(self) -> "ProgressSource":
        """How far it is, for people."""

    @abstractmethod
    def begin(self, session: "Session") -> _W:
        """What is to be read."""

    @abstractmethod
    async def write(self, work: _W, shown: "AbstractAsyncContextManager[None]") -> None:
        """Write all of it, with its progress shown while it is read.

        Raises:
            ReaderGoneError: Nobody reads it any more.
        """

    @abstractmethod
    def words(self, work: _W, stop: StopReason | None, *, is_read: bool) -> EndWords:
        """What it came to, in words.

        Args:
            work: What was read.
            stop: Why it ended early, or None.
            is_read: Whether somebody read the output to its end.
        """

    def tell(self, work: _W) -> None:
        """Say what is missing, before the end is told."""

    async def run(self, settings: "Settings") -> ExitCode:
        """Do it. A second signal leaves at once, whoever does not read the output."""
        messages, metrics, clock = self._messages, self._metrics, self._clock
        progress, is_read, began = self.progress(), True, clock.now()
        watches = progress if self._shows_progress else None
        async with AsyncExitStack() as stack:
            where = self._connection, settings, messages, clock
            working = await stack.enter_async_context(at_work(*where, progress=watches, unsaid=self.unsaid))
            stack.callback(metrics.leave)
            metrics.begin(working.observers)
            work = self.begin(working.session)
            leaving = stack.enter_context(hearing(working.session, self._invocation.signals))
            with leaving.scope:
                shown = showing(progress, messages, clock, is_wanted=watches is not None)
                try:
                    await self.write(work, shown)
                except ReaderGoneError:
                    is_read = False
            stop = leaving.reason or work.stop
            said = self.words(work, stop, is_read=is_read)
            await metrics.end(said.exit_code, clock.now() - began)
            return self._say(work, stop, said)

    @property
    def _shows_progress(self) -> bool:
        options = self._asked.messages
        is_wanted = not (options.no_progress or options.quiet)
        return is_wanted and (self._rows_go_to.is_aside or not self._messages.output.isatty())

    def _say(self, work: _W, stop: StopReason | None, said: EndWords) -> ExitCode:
        """Say what is missing, why it ended early and, last, what it came to."""
        messages = self._messages
        self.tell(work)
        if stop is StopReason.REFUSED:
            messages.error(LogEvent.KEYS_REFUSED, self._connection.refusal(None, "workflows_read"))
        for line in filter(None, (entry_of(stop), said.before())):
            messages.info(LogEvent.RESULT, line)
        ending = self._asked.ok_exit.ending(said.exit_code, stop)
        messages.last(LogEvent.ENDED, ending.said(said.last()), **said.counts(), **ending.as_dict())
        return ending.process_code
