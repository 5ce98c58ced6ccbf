"""Where requests go, and as whom: what the target options come to."""

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from bulkcancel.datadog.keys import Credentials, MissingKeysError, read_credentials
from bulkcancel.datadog.target import DEFAULT_SITE, Target
from bulkcancel.errors import ConfigurationError
from bulkcancel.progress.words import refused_words
from bulkcancel.sandbox import SandboxOptions, Scenario
from bulkcancel.sites import SANDBOX, WITHOUT_WORKFLOWS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bulkcancel.cli.typed_options import TargetOptions
    from bulkcancel.clock import Clock

_SANDBOX_KEY = "5a6db0c5a6db0c5a6db0c5a6db0c5a6d"


@dataclass(frozen=True, slots=True)
class Connection:
    """Where requests go, and as whom.

    Attributes:
        target: The API.
        ca_bundle: Certificates to trust, or None for the system's.
        scenario: What the embedded sandbox plays, or None for the real API.
        credentials: The keys, or None before they are read; a dry run may go without.
    """

    target: Target
    ca_bundle: "Path | None"
    scenario: Scenario | None
    credentials: Credentials | None = None

    @property
    def name(self) -> str:
        """What to call it when asking."""
        if self.scenario is not None:
            return f"the sandbox ({self.scenario.value}), on this machine"
        return self.target.site or self.target.base_url

    @property
    def key(self) -> str:
        """The last characters of a real application key, to show whose it is, or empty."""
        if self.credentials is None or self.scenario is not None:
            return ""
        return self.credentials.suffix

    @property
    def name_and_key(self) -> str:
        """The name, with the last characters of the key."""
        return f"{self.name}, with the application key ending in {self.key}" if self.key else self.name

    @property
    def name_and_key_in_short(self) -> str:
        """The same in few words, for a question below them."""
        return f"{self.name} (key …{self.key})" if self.key else self.name

    def refusal(self, status: int | None, permission: str) -> str:
        """What to say when it refuses the keys, which need that permission."""
        where = "The sandbox" if self.scenario is not None else self.target.site or self.target.base_url
        return f"{refused_words(where, status, self.key, permission)}."

    @property
    def label(self) -> str:
        """What a report calls it: a rehearsal is never taken for the real thing."""
        return SANDBOX if self.scenario is not None else self.target.label

    @property
    def doubt(self) -> str:
        """Why this may be the wrong place, or empty."""
        if self.target.site not in WITHOUT_WORKFLOWS:
            return ""
        return (
            f"Datadog does not offer workflow automation on {self.target.site}, so every request may fail. "
            "Is it the right --site?"
        )


def find_connection(options: "TargetOptions") -> Connection:
    """Make sense of the target options. The keys are read apart: first what else is wrong is told.

    Raises:
        ConfigurationError: They contradict each other.
    """
    if options.scenario is not None and not options.sandbox:
        raise ConfigurationError("--scenario needs --sandbox: scenarios are played, never met by real keys.")
    context = click.get_current_context()
    if options.sandbox:
        given = [name for name in ("base_url", "site") if _typed(context, name)]
        if given:
            option = given[0].replace("_", "-")
            raise ConfigurationError(f"--sandbox and --{option} exclude each other: choose one target.")
        scenario = Scenario(options.scenario or Scenario.CALM)
        return Connection(Target.of_url("http://127.0.0.1"), None, scenario)
    if options.base_url is not None:
        if _typed(context, "site"):
            raise ConfigurationError("--base-url and --site exclude each other: choose one target.")
        target = Target.of_url(options.base_url)
    else:
        target = Target.of_site(options.site or DEFAULT_SITE)
    return Connection(target, options.ca_bundle, None)


def with_keys(found: Connection, keys_file: "Path | None", *, may_lack: bool) -> Connection:
    """Add the keys; a rehearsal has its own, and a dry run takes them where they are, to show whose they are.

    Raises:
        ConfigurationError: A key is missing, or can't be one.
    """
    if found.scenario is not None:
        return replace(found, credentials=Credentials(_SANDBOX_KEY, _SANDBOX_KEY))
    try:
        return replace(found, credentials=read_credentials(os.environ, keys_file))
    except MissingKeysError:
        if may_lack:
            return found
        raise


@asynccontextmanager
async def reachable(connection: Connection, clock: "Clock") -> "AsyncIterator[Target]":
    """The API as it is talked to; for a rehearsal, a sandbox that serves while the context lasts."""
    if connection.scenario is None:
        yield connection.target
        return
    from bulkcancel.sandbox.server import Sandbox, serve  # noqa: PLC0415 - rehearsals only

    async with serve(Sandbox(SandboxOptions(scenario=connection.scenario), clock)) as url:
        yield Target.of_url(url)


def _typed(context: click.Context, name: str) -> bool:
    """Whether an option stands on the command line itself."""
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
