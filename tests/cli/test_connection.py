"""What the target options come to."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bulkcancel.cli.connection import Connection, find_connection, reachable, with_keys
from bulkcancel.cli.run import command
from bulkcancel.cli.typed_options import TargetOptions, pick
from bulkcancel.clock import SystemClock
from bulkcancel.datadog import Credentials, Target
from bulkcancel.errors import ConfigurationError
from bulkcancel.sandbox import Scenario
from bulkcancel.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

EU = Connection(Target.of_site("datadoghq.eu"), None, None)
REHEARSAL = Connection(Target.of_url("http://127.0.0.1"), None, Scenario.BUSY)


def typed(*words: str) -> Connection:
    """The connection that those words of `run` ask for."""
    context = command.make_context("run", list(words))
    with context:
        return find_connection(pick(TargetOptions, context.params))


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DD_SITE", "DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("words", "environ", "name", "label"),
    [
        ([], {}, "datadoghq.com", "datadoghq.com"),
        ([], {"DD_SITE": "eu"}, "datadoghq.eu", "datadoghq.eu"),
        (["--site", "us5"], {"DD_SITE": "eu"}, "us5.datadoghq.com", "us5.datadoghq.com"),
        (["--base-url", "https://gate.example"], {"DD_SITE": "eu"}, "https://gate.example", "gate.example"),
        (["--sandbox"], {"DD_SITE": "eu"}, "the sandbox (calm), on this machine", "sandbox"),
        (["--sandbox", "--scenario", "busy"], {}, "the sandbox (busy), on this machine", "sandbox"),
    ],
)
def test_the_target_is_what_was_typed(
    monkeypatch: pytest.MonkeyPatch, words: list[str], environ: "Mapping[str, str]", name: str, label: str
) -> None:
    """A word that was typed comes before the environment; a rehearsal has a name of its own in reports."""
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    found = typed(*words)
    assert (found.name, found.label, found.credentials) == (name, label, None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--sandbox", "--site", "eu"], "--sandbox and --site exclude each other"),
        (["--sandbox", "--base-url", "https://gate.example"], "--sandbox and --base-url exclude each other"),
        (["--site", "eu", "--base-url", "https://gate.example"], "--base-url and --site exclude each other"),
        (["--scenario", "busy"], "--scenario needs --sandbox"),
        (["--site", "nowhere"], "nowhere"),
        (["--base-url", "http://gate.example"], "https"),
    ],
)
def test_what_contradicts_itself_is_refused(words: list[str], sentence: str) -> None:
    """Nobody is to guess where requests go."""
    with pytest.raises(ConfigurationError, match=sentence):
        typed(*words)


def test_certificates_are_for_the_real_api() -> None:
    """The sandbox has none."""
    assert typed("--ca-bundle", "ca.pem").ca_bundle == Path("ca.pem")
    assert typed("--sandbox", "--ca-bundle", "ca.pem").ca_bundle is None


def test_keys_come_from_the_environment_or_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A dry run may go without, and every other command says which is missing."""
    assert with_keys(EU, None, may_lack=True) == EU
    with pytest.raises(ConfigurationError, match="DD_API_KEY and DD_APP_KEY not set in the environment"):
        with_keys(EU, None, may_lack=False)
    monkeypatch.setenv("DD_API_KEY", "a" * 32)
    monkeypatch.setenv("DD_APP_KEY", "b" * 40)
    assert with_keys(EU, None, may_lack=False).credentials == Credentials("a" * 32, "b" * 40)
    path = tmp_path / "keys"
    path.write_text(f"DD_API_KEY={'c' * 32}\nDD_APP_KEY={'d' * 40}\n")
    path.chmod(0o600)
    assert with_keys(EU, path, may_lack=False).credentials == Credentials("c" * 32, "d" * 40)


def test_a_rehearsal_never_has_real_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor shows whose they are."""
    monkeypatch.setenv("DD_API_KEY", "a" * 32)
    monkeypatch.setenv("DD_APP_KEY", "b" * 40)
    found = with_keys(REHEARSAL, None, may_lack=False)
    assert found.credentials not in {None, Credentials("a" * 32, "b" * 40)}
    assert found.name_and_key == "the sandbox (busy), on this machine"
    real = with_keys(EU, None, may_lack=False)
    assert real.name_and_key == "datadoghq.eu, with the application key ending in bbbb"
    assert EU.name_and_key == "datadoghq.eu"


@pytest.mark.parametrize(("site", "is_doubted"), [("ddog-gov.com", True), ("datadoghq.eu", False)])
def test_a_site_without_the_product_is_doubted(site: str, *, is_doubted: bool) -> None:
    """As a sentence."""
    assert bool(Connection(Target.of_site(site), None, None).doubt) is is_doubted
    assert not REHEARSAL.doubt


async def test_a_rehearsal_is_served_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario that was asked for; the real API is where it is."""
    played: list[Scenario] = []
    begin = Sandbox.__init__

    def note(self: Sandbox, options: object, *rest: object) -> None:
        played.append(options.scenario)  # type: ignore[attr-defined] # the sandbox's own options
        begin(self, options, *rest)  # type: ignore[arg-type] # as they were given

    monkeypatch.setattr(Sandbox, "__init__", note)
    clock = SystemClock()
    async with reachable(EU, clock) as target:
        assert target is EU.target
    assert played == []
    async with reachable(REHEARSAL, clock) as target:
        assert target.base_url.startswith("http://127.0.0.1:")
    assert played == [Scenario.BUSY]
