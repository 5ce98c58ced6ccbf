"""`bulkcancel sandbox`: words become a quota, or one clear sentence."""

import pytest
from support.cliapp import Call

from bulkcancel.cli import sandbox
from bulkcancel.models import ExitCode
from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel, SandboxOptions

FIXED, TOKEN, LEAKY = QuotaModel
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


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--quota much", "write 500/5"),
        ("--quota 0/5", "write 500/5"),
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
