"""`bulkcancel sandbox`: the look-alike API as a server of its own."""

import re
from typing import TYPE_CHECKING, Any

import anyio
import click

from bulkcancel.cli import exit_codes, params
from bulkcancel.cli.command import Command, Example
from bulkcancel.cli.invocation import current
from bulkcancel.cli.sections import Section, in_section
from bulkcancel.errors import ConfigurationError
from bulkcancel.models import ExitCode, StopReason
from bulkcancel.sandbox import (
    HeaderMode,
    Pages,
    Permission,
    Quota,
    QuotaModel,
    Runaway,
    SandboxOptions,
    Scenario,
)
from bulkcancel.sandbox.chances import workflow_id_of

if TYPE_CHECKING:
    from bulkcancel.cli.invocation import Invocation
    from bulkcancel.settings import Rate

_MOST_ALIVE = 1_000_000
_QUOTA = re.compile(r"(\d{1,9})/(\d{1,5})s?", re.ASCII)


# Not the function's docstring, which PYTHONOPTIMIZE=2 takes away.
_HELP = """Serve a look-alike of the API on loopback, for rehearsals and tests.

It accepts any two keys. What it was asked, what runs in each workflow, and who got what of each
quota window, is shown at /sandbox/record.
"""
_SCENARIOS = tuple((scenario.value, scenario.description) for scenario in Scenario)
_EXAMPLES = (
    Example("Serve one in which all goes well, until Ctrl-C.", "bulkcancel sandbox"),
    Example(
        "An API that goes down in the middle of a run.", "bulkcancel sandbox --scenario outage --port 9000"
    ),
    Example(
        "A quota of 100 per 10 s, of which others take a half.",
        "bulkcancel sandbox --quota 100/10 --others 50%",
    ),
)


@click.command(
    "sandbox",
    cls=Command,
    help=_HELP,
    lists={"Scenarios": _SCENARIOS},
    examples=_EXAMPLES,
    exit_codes=exit_codes.SANDBOX,
)
@in_section(
    Section.SERVER,
    click.option(
        "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="A loopback address."
    ),
    click.option(
        "--port",
        metavar="N",
        type=click.IntRange(0, 65535),
        default=8321,
        show_default=True,
        help="0 for any.",
    ),
)
@in_section(
    Section.REPLIES,
    click.option(
        "--scenario",
        type=params.Choice([scenario.value for scenario in Scenario]),
        metavar="NAME",
        default=Scenario.CALM.value,
        show_default=True,
        help="One of those above.",
    ),
    click.option(
        "--seed", metavar="N", type=int, default=0, show_default=True, help="Decides the scenario's chances."
    ),
    click.option(
        "--latency",
        metavar="SECONDS",
        type=click.FloatRange(0, 60),
        default=0.02,
        show_default=True,
        help="How long each reply takes.",
    ),
    click.option(
        "--without",
        type=params.Choice([permission.value for permission in Permission]),
        metavar="PERMISSION",
        multiple=True,
        help=f"A permission that the keys lack, {', '.join(Permission)}; may be repeated.",
    ),
)
@in_section(
    Section.QUOTA,
    click.option("--quota", metavar="N/S", help="Requests per window of S seconds: 500/5."),
    click.option(
        "--quota-model",
        type=params.Choice([model.value for model in QuotaModel]),
        metavar="MODEL",
        default=QuotaModel.FIXED.value,
        show_default=True,
        help="fixed is by windows; or a bucket: token holds N, leaky is nginx's with --quota-burst.",
    ),
    click.option(
        "--quota-burst",
        type=click.IntRange(0, 999_999),
        metavar="N",
        default=Quota().burst,
        show_default=True,
        help="Requests a leaky bucket takes at once beyond the first.",
    ),
    click.option(
        "--others",
        type=params.headroom,
        metavar="N%",
        default="0%",
        show_default=True,
        help="The share of the quota that other users ask for, evenly over time.",
    ),
    click.option(
        "--quota-headers",
        type=params.Choice([mode.value for mode in HeaderMode]),
        metavar="MODE",
        help=(
            f"Which replies tell of the quota, and how: {', '.join(HeaderMode)}. "
            "[default: always; none for a bucket]"
        ),
    ),
    click.option(
        "--read-quota", metavar="N/S", help="The same for each other endpoint. [default: as for cancels]"
    ),
)
@in_section(
    Section.KNOWN,
    click.option(
        "--alive",
        type=click.IntRange(0, _MOST_ALIVE),
        metavar="N",
        help="Instances of a runaway workflow that run from the start.",
    ),
    click.option(
        "--spawn", type=params.rate, metavar="N/UNIT", help="Instances that it starts while published: 2/s."
    ),
    click.option("--only-known", is_flag=True, help="Know only the instances that the sandbox lists itself."),
    click.option(
        "--first-page",
        metavar="N",
        type=click.IntRange(0, 1),
        default=0,
        show_default=True,
        help="What pages count from.",
    ),
    click.option(
        "--page-cap",
        metavar="N",
        type=click.IntRange(1, 100),
        default=100,
        show_default=True,
        help="Instances on a page.",
    ),
)
def command(**values: Any) -> ExitCode:  # noqa: ANN401 - one value per option
    """Serve until a signal comes."""
    scenario = Scenario(values["scenario"])
    options = SandboxOptions(
        scenario=scenario,
        seed=values["seed"],
        quota=_quota(values, scenario),
        read_quota=_read_quota(values["read_quota"]),
        runaway=_runaway(values["alive"], values["spawn"]),
        pages=Pages(first=values["first_page"], cap=values["page_cap"]),
        lacks=frozenset(map(Permission, values["without"])),
        latency=values["latency"],
        only_known=values["only_known"],
    )
    invocation = current()
    invocation.signals.start()
    return anyio.run(_serve, options, values["host"], values["port"], invocation)


async def _serve(options: SandboxOptions, host: str, port: int, invocation: "Invocation") -> ExitCode:
    from bulkcancel.sandbox.server import Sandbox, serve  # noqa: PLC0415 - the server is slow to import

    scenario, say = options.scenario, invocation.stderr.write
    reasons: list[StopReason] = []
    ended = anyio.Event()

    def end(reason: StopReason) -> None:
        reasons.append(reason)
        ended.set()

    with invocation.signals.heard_by(end):
        async with serve(Sandbox(options), host, port) as url:
            say(f"The sandbox ({scenario.value}: {scenario.description}) listens at {url}\n")
            if options.runaway_in_force is None:
                say(f"Try: bulkcancel run samples/incident.csv --base-url {url}   (any keys)\n")
            else:
                say(f"The workflow that runs away is {workflow_id_of(options.seed, 0)}   (any keys)\n")
            await ended.wait()
        say("The sandbox has ended.\n")
    return ExitCode.OK if reasons[0] is StopReason.INTERRUPTED else ExitCode.TERMINATED


def _quota(values: dict[str, Any], scenario: Scenario) -> Quota:
    own = SandboxOptions(scenario=scenario).cancel_quota
    limit, period = own.limit, own.period
    if values["quota"] is not None:
        limit, period = _requests_per("--quota", values["quota"])
    model = QuotaModel(values["quota_model"])
    is_bucket = model is not QuotaModel.FIXED
    mode = HeaderMode(values["quota_headers"] or (HeaderMode.NONE if is_bucket else HeaderMode.ALWAYS))
    if is_bucket and mode in {HeaderMode.ALWAYS, HeaderMode.ON_429}:
        raise ConfigurationError(
            f"--quota-headers {mode.value} tells of windows, and a bucket has none; "
            f"use {HeaderMode.RETRY_AFTER.value} or {HeaderMode.NONE.value}."
        )
    return Quota(limit, period, mode, model, values["quota_burst"], values["others"])


def _read_quota(text: str | None) -> Quota | None:
    return None if text is None else Quota(*_requests_per("--read-quota", text))


def _requests_per(option: str, text: str) -> tuple[int, int]:
    found = _QUOTA.fullmatch(text.strip())
    if found is None or not int(found[1]) or not int(found[2]):
        raise ConfigurationError(f"{option} {text!r} is not a quota; write 500/5 for 500 requests per 5 s.")
    return int(found[1]), int(found[2])


def _runaway(alive: int | None, spawn: "Rate | None") -> Runaway | None:
    """A runaway as it was asked for, or None for the scenario's own."""
    if alive is None and spawn is None:
        return None
    usual = Runaway()
    return Runaway(
        alive=usual.alive if alive is None else alive,
        rate=usual.rate if spawn is None else spawn.count / spawn.per,
    )
