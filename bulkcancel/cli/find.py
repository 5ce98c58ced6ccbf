"""`bulkcancel find`: instances as an input for `run`, as soon as each page is in."""

import sys
from contextlib import AsyncExitStack, aclosing
from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
import click

from bulkcancel.cli import completion, options, params
from bulkcancel.cli.connection import find_connection, with_keys
from bulkcancel.cli.found_output import FoundFormat, FoundOutput, ReaderGoneError, open_output
from bulkcancel.cli.invocation import current
from bulkcancel.cli.open_files import fit_concurrency
from bulkcancel.cli.run_options import MessageOptions, TargetOptions, pick
from bulkcancel.cli.streams import is_terminal
from bulkcancel.clock import SystemClock
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.operations.selection import Selection
from bulkcancel.progress.announcer import Announcer
from bulkcancel.progress.words import number_of
from bulkcancel.settings import Settings
from bulkcancel.sites import site_of_host
from bulkcancel.sources import as_id, what_is_wrong

if TYPE_CHECKING:
    from bulkcancel.cli.connection import Connection
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.operations.find import InstanceSearch
    from bulkcancel.progress.messages import Messages

_STDIO = "-"

# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """List instances of each WORKFLOW, as an input for `run`.

WORKFLOW is an id or a pasted link; - reads them from standard input, one a line. Each instance stands
once, as soon as its page is in, although new ones shift the pages.

\b
Examples:
  bulkcancel find 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 --older-than 2h
  bulkcancel find --all-workflows --count
  bulkcancel find 6e1d8a52-3c4b-4f0e-9a57-0b6a2c1d9e10 | bulkcancel run - --yes
"""


@click.command("find", help=_HELP, context_settings={"auto_envvar_prefix": "BULKCANCEL"})
@click.argument("workflows", nargs=-1, metavar="[WORKFLOW]...")
@click.option("--all-workflows", is_flag=True, help="Look into every workflow that the API lists.")
@click.option("--name", metavar="TEXT", help="Look into the workflows that the API finds for this text.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    metavar="running|ended|all|KIND",
    help="What they must be, a KIND as the API spells it; may be repeated. [default: running]",
)
@click.option("--older-than", type=params.seconds, metavar="TIME", help="Started at least that long ago: 2h.")
@click.option("--newer-than", type=params.seconds, metavar="TIME", help="Started at most that long ago: 10m.")
@click.option(
    "--started-after", type=params.moment, metavar="TIME", help="Started then or later: 2026-01-31T12:00Z."
)
@click.option("--started-before", type=params.moment, metavar="TIME", help="Started earlier than that.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="WORD",
    help="Started by that: manual, api, schedule, …; may be repeated.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N instances.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    shell_complete=completion.files,
    help="A new file instead of standard output.",
)
@click.option(
    "--format",
    "form",
    type=params.Choice([form.value for form in FoundFormat]),
    help="How they are written. [default: table on a terminal, else csv]",
)
@click.option("--count", is_flag=True, help="Only how many there are in each workflow.")
@click.option("--any-id", is_flag=True, help="Accept ids that are not UUIDs.")
@options.pace_options
@options.target_options
@options.message_options
def command(**values: Any) -> ExitCode:  # noqa: ANN401 - one value per option
    """Run it."""
    clock = SystemClock()
    said = options.messages(pick(MessageOptions, values), clock)
    return _find(values, current(), said, clock)


def _find(
    values: dict[str, Any], invocation: "Invocation", messages: "Messages", clock: SystemClock
) -> ExitCode:
    target = pick(TargetOptions, values)
    connection = find_connection(target)
    selection = Selection(
        statuses=frozenset(values["statuses"]) or frozenset({"running"}),
        older_than=values["older_than"],
        newer_than=values["newer_than"],
        started_after=values["started_after"],
        started_before=values["started_before"],
        sources=frozenset(values["sources"]),
        limit=values["limit"],
    )
    ids = _workflow_ids(values, connection)
    connection = with_keys(connection, target.keys_file, may_lack=False)
    settings = Settings(
        **{
            one.name: values[one.name]
            for one in fields(Settings)
            if one.name in values and one.name != "limit"
        }
    )
    settings = fit_concurrency(
        settings, messages, is_sandbox=connection.scenario is not None, has_report=False
    )
    if connection.doubt:
        messages.warning(connection.doubt)
    form = _format(values)
    if form is FoundFormat.LINKS and not connection.target.site:
        raise ConfigurationError(
            "--format links needs a site: a sandbox and a test server have no pages to link to."
        )
    site = connection.target.site
    with open_output(values["output"], form, site, counts_alone=values["count"]) as output:
        task = _Search(connection, settings, output, messages, clock)
        invocation.signals.start()
        return anyio.run(task.run, invocation, ids, selection, values["name"] or "", values["any_id"])


def _format(values: dict[str, Any]) -> FoundFormat:
    """How they are written: as asked, by the file's name, or for whoever reads standard output."""
    if values["form"] is not None:
        return FoundFormat(values["form"])
    name = values["output"]
    if name not in {None, _STDIO}:
        return FoundFormat.JSON_LINES if name.endswith(".jsonl") else FoundFormat.CSV
    return FoundFormat.TABLE if is_terminal(sys.stdout) else FoundFormat.CSV


def _workflow_ids(values: dict[str, Any], connection: "Connection") -> list[str] | None:
    """The workflows that were named, or None for those of the API's own list.

    Raises:
        ConfigurationError: None was named, one can't be, or two ways of naming them exclude each other.
    """
    words = list(values["workflows"])
    lists = bool(values["all_workflows"]) or values["name"] is not None
    if words and lists:
        raise ConfigurationError("Name workflows, or take them from the list with --all-workflows or --name.")
    if not words and not lists:
        raise click.UsageError("Name a WORKFLOW, or say --all-workflows.")
    if lists:
        return None
    if _STDIO in words:
        at = words.index(_STDIO)
        read = (line.split(",")[0].strip() for line in sys.stdin)
        words[at : at + 1] = [
            word for word in read if word and word[0] != "#" and word.lower() != "workflow_id"
        ]
    return [_workflow_id(word, connection, any_id=values["any_id"]) for word in words]


def _workflow_id(word: str, connection: "Connection", *, any_id: bool) -> str:
    """The id of one workflow, from an id or a pasted link."""
    text = word.strip()
    if text.startswith(("http://", "https://")):
        parts = urlsplit(text)
        site, steps = site_of_host(parts.hostname or ""), parts.path.strip("/").split("/")
        if site is None or steps[0] != "workflow" or len(steps) == 1:
            raise ConfigurationError(
                f"{word!r} is not a link to a workflow: https://app.<site>/workflow/<workflow>"
            )
        if connection.target.site not in {"", site}:
            raise ConfigurationError(
                f"The link leads to {site}, but requests go to {connection.target.site} (--site)."
            )
        text = steps[1]
    found = as_id(text, any_id=any_id)
    if found is None:
        raise ConfigurationError(f"The workflow id {text!r} is not {what_is_wrong(text, any_id=any_id)}.")
    return found


class _Search:
    """Finds, writes, and says what it came to."""

    def __init__(
        self,
        connection: "Connection",
        settings: Settings,
        output: FoundOutput,
        messages: "Messages",
        clock: SystemClock,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._output = output
        self._messages = messages
        self._clock = clock
        self._is_read = True

    async def run(
        self,
        invocation: "Invocation",
        ids: list[str] | None,
        selection: Selection,
        name: str,
        any_id: bool,  # noqa: FBT001 - anyio.run takes no names
    ) -> ExitCode:
        """Find them all."""
        # The network half: slow to import, and not needed until here.
        from bulkcancel.cli.execute import open_api  # noqa: PLC0415 - see above
        from bulkcancel.engine.observers import Observers  # noqa: PLC0415 - see above
        from bulkcancel.operations.session import Session  # noqa: PLC0415 - see above

        observers = Observers((Announcer(self._messages, self._clock),))
        async with AsyncExitStack() as stack:
            api = await open_api(stack, self._connection, self._settings, self._clock)
            session = Session(
                api, self._settings, site=self._connection.label, observers=observers, clock=self._clock
            )
            stack.enter_context(invocation.signals.heard_by(session.stop))
            search = session.find_instances(ids, selection=selection, name=name, any_id=any_id)
            try:
                self._output.begin()
                async with aclosing(search.pages()) as pages:
                    async for page in pages:
                        await anyio.to_thread.run_sync(self._output.page, page)
                self._output.end(search.listings)
            except ReaderGoneError:
                self._is_read = False
            return self._say(search)

    def _say(self, search: "InstanceSearch") -> ExitCode:
        for one in search.unlisted:
            if one.problem is not None:
                self._messages.error(
                    f"The workflow {one.workflow_id} could not be listed: {one.problem.detail}."
                )
        if search.problem is not None:
            self._messages.error(f"The list of workflows could not be read: {search.problem.detail}.")
        for count, what in (
            (
                sum(one.undated for one in search.listings),
                "would match, but the API does not tell when they started",
            ),
            (
                sum(one.unusable for one in search.listings),
                "are listed in a way that can't be read, and are left out",
            ),
        ):
            if count:
                self._messages.warning(f"{number_of(count, 'instance')} {what}.")
        code, why = self._end_of(search)
        since = ""
        if search.as_of is not None:
            since = (
                f"; the picture holds since {datetime.fromtimestamp(search.as_of, UTC):%Y-%m-%d %H:%M:%S} UTC"
            )
        counts = f"{number_of(search.read, 'instance')} read, {search.found:,} matching{since}"
        knows = "; what started or ended later may be missing" if search.as_of is not None else ""
        self._messages.last(
            f"{why}{counts}{knows}.", read=search.read, matching=search.found, exit_code=int(code)
        )
        return code

    def _end_of(self, search: "InstanceSearch") -> tuple[ExitCode, str]:
        """The exit status, and what to say before the counts."""
        if not self._is_read:
            return ExitCode.OK, "Stopped, for nobody reads the output any more: "
        if search.stop is not None:
            code = {
                StopReason.INTERRUPTED: ExitCode.INTERRUPTED,
                StopReason.TERMINATED: ExitCode.TERMINATED,
            }.get(search.stop, ExitCode.STOPPED)
            why = "the keys are refused, or lack the permission workflows_read"
            return code, f"Stopped: {why if search.stop is StopReason.REFUSED else search.stop.value}. "
        if search.unlisted or search.problem is not None:
            return (
                ExitCode.INCOMPLETE,
                f"Not whole: {number_of(len(search.unlisted), 'workflow')} not listed. ",
            )
        if search.is_limited:
            return ExitCode.OK, "Stopped at --limit: "
        return ExitCode.OK, "" if search.found else "Nothing matches: "
