"""The ways in from inside another program: a session, or one call."""

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bulkcancel.datadog import Credentials, Target, connect, read_credentials
from bulkcancel.datadog.target import DEFAULT_SITE
from bulkcancel.engine.observers import Observers
from bulkcancel.operations.arguments import check_arguments, require_asyncio
from bulkcancel.operations.cancel_arguments import check_cancel_arguments
from bulkcancel.operations.session import Session
from bulkcancel.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable

    from bulkcancel.engine.run import ResultHandler
    from bulkcancel.events import Observer
    from bulkcancel.sources import Pair
    from bulkcancel.tally import Summary


@asynccontextmanager
async def open_session(
    *,
    settings: Settings | None = None,
    credentials: Credentials | None = None,
    target: Target | None = None,
    ca_bundle: "str | os.PathLike[str] | None" = None,
    observer: "Observer | None" = None,
) -> "AsyncIterator[Session]":
    """Connect to an API, for as many operations as one likes, and let it go afterwards.

    Args:
        settings: How operations behave.
        credentials: The two keys; from the environment by default (`DD_API_KEY`, `DD_APP_KEY`).
        target: The API; by default that of `DD_SITE`, or of datadoghq.com.
        ca_bundle: Certificates to trust instead of the system's.
        observer: Is told what happens, as `bulkcancel.events` has it.

    Raises:
        ConfigurationError: An argument can't be used, a key is missing, the site is unknown, or no asyncio
            event loop runs; nothing was sent.
    """
    require_asyncio()
    is_observer = observer is None or callable(getattr(observer, "observe", None))
    check_arguments(
        ("settings", settings, "a Settings", isinstance(settings, Settings | None)),
        ("credentials", credentials, "a Credentials", isinstance(credentials, Credentials | None)),
        ("target", target, "a Target", isinstance(target, Target | None)),
        ("ca_bundle", ca_bundle, "a path", isinstance(ca_bundle, str | os.PathLike | None)),
        ("observer", observer, "an Observer, with a method `observe`", is_observer),
    )
    settings = settings or Settings()
    credentials = credentials or read_credentials(os.environ)
    target = target or Target.of_site(os.environ.get("DD_SITE") or DEFAULT_SITE)
    bundle = None if ca_bundle is None else Path(ca_bundle)
    observers = Observers(() if observer is None else (observer,))
    async with connect(target, credentials, settings=settings, ca_bundle=bundle) as api:
        yield Session(api, settings, site=target.label, observers=observers)


async def cancel_all(  # noqa: PLR0913 - each by its name
    pairs: "Iterable[Pair] | AsyncIterable[Pair] | None" = None,
    *,
    report: "str | os.PathLike[str] | None" = None,
    resume: bool = False,
    on_result: "ResultHandler | None" = None,
    observer: "Observer | None" = None,
    settings: "Settings | None" = None,
    credentials: "Credentials | None" = None,
    target: "Target | None" = None,
    ca_bundle: "str | os.PathLike[str] | None" = None,
    any_id: bool = False,
) -> "Summary":
    """Cancel every instance of `pairs`, within the organization's rate limit.

    Runs inside any asyncio program, with or without anyio; not in trio. Canceling it, by a scope, a
    timeout or `task.cancel()`, ends it at once: results handed over until then stand, and what was on
    the wire may or may not have taken effect. Canceling an instance twice is safe.

    Args:
        pairs: (workflow id, instance id) pairs, of texts or `uuid.UUID`s. An async iterable is read as
            requests can go, never ahead. What is no pair, or no pair that can be sent, becomes an
            `invalid` result. None takes the rows that the report has unfinished, with `resume`.
        report: A file that keeps each result as it comes, `.csv` or `.jsonl`; it must not be there yet.
        resume: Whether to go on with the report where there is one: pairs that are done are not sent again.
        on_result: Takes each result when it is known, in the order they finish; a result's `line` is
            the pair's place, from 1, or the line of the `InstanceRef`. It is on record by then.
        observer: Is told what happens, as `bulkcancel.events` has it.
        settings: How the run behaves.
        credentials: The two keys; from the environment by default (`DD_API_KEY`, `DD_APP_KEY`).
        target: The API; by default that of `DD_SITE`, or of datadoghq.com.
        ca_bundle: Certificates to trust instead of the system's.
        any_id: Whether ids may be other than UUIDs.

    Returns:
        The counts, what was spent, and why the run ended early, if it did; also where the report was lost.

    Raises:
        ConfigurationError: An argument can't be used, a key is missing, the site is unknown, or no
            asyncio event loop runs; nothing was sent.
        ReportError: The report is there already, is none, is in use, or belongs to another target; nothing
            was sent.
        Exception: Whatever `pairs` or `on_result` raises, after the requests on the wire have finished; also
            a `CancelledError` that nobody meant for this call.
    """
    check_cancel_arguments(pairs, report=report, resume=resume, on_result=on_result, any_id=any_id)
    async with open_session(
        settings=settings, credentials=credentials, target=target, ca_bundle=ca_bundle, observer=observer
    ) as session:
        return await session.cancel(pairs, report=report, resume=resume, on_result=on_result, any_id=any_id)
