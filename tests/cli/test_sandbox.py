"""`bulkcancel sandbox`: words become a quota, or one clear sentence."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from support.children import MAIN, child, read_to
from support.cliapp import Call

from bulkcancel.cli import sandbox
from bulkcancel.models import ExitCode
from bulkcancel.sandbox import HeaderMode, Pages, Permission, Quota, QuotaModel, Runaway, SandboxOptions
from bulkcancel.sandbox.chances import workflow_id_of

FIXED, TOKEN, LEAKY = QuotaModel
RUNAWAY = workflow_id_of(0, 0)
ALWAYS, NONE, RETRY = HeaderMode.ALWAYS, HeaderMode.NONE, HeaderMode.RETRY_AFTER


@pytest.mark.parametrize(
    ("words", "quota"),
    [
        ("", Quota()),
        ("--scenario busy --others 50%", Quota(250, 3, ALWAYS, FIXED, 10, 0.5)),
        ("--quota 500/5", Quota(500, 5)),
        ("--quota 500/5 --quota-model token", Quota(500, 5, NONE, TOKEN)),
        (
            "--quota-model leaky --quota-burst 3 --quota-headers retry-after",
            Quota(10_000, 10, RETRY, LEAKY, 3),
        ),
    ],
)
def test_words_become_a_quota(call: Call, monkeypatch: pytest.MonkeyPatch, words: str, quota: Quota) -> None:
    """A bucket is silent unless told otherwise."""
    seen: list[SandboxOptions] = []

    async def serve(options: SandboxOptions, *_: object) -> ExitCode:
        seen.append(options)
        return ExitCode.OK

    monkeypatch.setattr(sandbox, "_serve", serve)
    assert call("sandbox", *words.split()).code == 0
    assert seen[0].cancel_quota == quota


def test_words_become_what_a_rehearsal_needs(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runaway, pages, permissions, and a quota for reads."""
    seen: list[SandboxOptions] = []

    async def serve(options: SandboxOptions, *_: object) -> ExitCode:
        seen.append(options)
        return ExitCode.OK

    monkeypatch.setattr(sandbox, "_serve", serve)
    words = (
        "--alive 50 --spawn 30/m --read-quota 60/10 --first-page 1 --page-cap 20 "
        "--without workflows_write --without workflows_read"
    )
    assert call("sandbox", *words.split()).code == 0
    assert seen[0].runaway_in_force == Runaway(alive=50, rate=0.5)
    assert seen[0].quota_of_others == Quota(60, 10)
    assert seen[0].cancel_quota == Quota()
    assert seen[0].pages == Pages(first=1, cap=20)
    assert seen[0].lacks == {Permission.READ, Permission.WRITE}
    assert call("sandbox", "--alive", 7).code == 0
    assert seen[1].runaway_in_force == Runaway(alive=7)
    assert call("sandbox").code == 0
    assert seen[2].runaway_in_force is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--quota much", "write 500/5"),
        ("--quota 0/5", "write 500/5"),
        ("--read-quota 5", "--read-quota '5' is not a quota"),
        ("--quota-model token --quota-headers always", "use retry-after or none"),
        ("--quota-model leaky --quota-headers on-429", "use retry-after or none"),
        ("--others all", "write 20%"),
    ],
)
def test_a_mistake_in_a_quota_exits_2(call: Call, words: str, sentence: str) -> None:
    """And nothing is served."""
    ended = call("sandbox", *words.split())
    assert ended.code == 2
    assert sentence in ended.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "named"), [([], "Try: bulkcancel run"), (["--scenario", "runaway"], RUNAWAY)]
)
def test_it_says_where_it_listens_and_what_to_begin_with(
    tmp_path: Path, words: list[str], named: str
) -> None:
    """For a runaway, its id; the server's record has it too."""
    command = [sys.executable, "-c", MAIN, "sandbox", "--port", "0", *words]
    with child(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        url = read_to(process.stderr, "listens at").rsplit(" ", 1)[1].strip()
        read_to(process.stderr, named)
        with urlopen(f"{url}/sandbox/record") as reply:  # noqa: S310 - loopback
            workflows = json.load(reply)["workflows"]
        process.terminate()
        assert process.wait() == 143
    assert workflows[RUNAWAY]["running"] > (2900 if words else 20)
    assert workflows[RUNAWAY]["published"]
