"""What is told before anything is sent: the plan, its doubts, and what can't be used."""

from pathlib import Path

import pytest
from support.cliapp import IDS, Call, W, write

from bulkcancel.sites import SHORT_NAMES


def test_a_dry_run_without_rows_says_so(call: Call) -> None:
    """A header alone is no success of anything; nor is a report that has all of it."""
    ended = call("run", write("in.csv"), "--sandbox", "--dry-run")
    assert (ended.code, ended.last) == (
        0,
        "Dry run: there are no rows to cancel in in.csv; nothing was sent.",
    )
    assert call("run", write("in.csv", *IDS), "--sandbox", "-y", "-o", "r.csv").code == 0
    ended = call("run", "in.csv", "--sandbox", "--dry-run", "--resume", "-o", "r.csv")
    assert (ended.code, ended.last) == (0, "Dry run: nothing is left to cancel; nothing was sent.")
    ended = call("run", "in.csv", "--sandbox", "--dry-run")
    assert ended.last == "Dry run: every row can be used; nothing was sent. Run it without --dry-run."
    ended = call("run", write("bad.csv", "x"), "--sandbox", "--dry-run")
    assert (ended.code, ended.last) == (1, "Dry run: 1 row can't be used; nothing was sent.")


def test_a_dry_run_needs_no_keys(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that the run will; where they are set it shows whose they are, and refuses what can't be one."""
    words = ("run", write("in.csv", *IDS), "--dry-run", "--site", "eu")
    ended = call(*words)
    assert ended.code == 0
    assert ended.err.splitlines()[0] == "Plan: cancel 8 instances of 1 workflow at datadoghq.eu"
    assert "No keys are set. The run itself needs DD_API_KEY and DD_APP_KEY." in ended.err
    monkeypatch.setenv("DD_API_KEY", "a" * 32)
    assert call(*words) == ended
    monkeypatch.setenv("DD_APP_KEY", "b" * 40)
    ended = call(*words)
    assert "at datadoghq.eu, with the application key ending in bbbb" in ended.err
    assert "No keys" not in ended.err
    monkeypatch.setenv("DD_APP_KEY", "b b")
    assert (call(*words).code, "DD_APP_KEY is not a key" in call(*words).err) == (2, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.csv", "-y"], "none.csv can't be opened"),
        ([".", "-y"], "is a directory"),
        (["none.csv", "--dry-run"], "none.csv can't be opened"),
        (["in.csv", "-y", "-o", "in.csv"], "exists already"),
        (["in.csv", "-y", "--workflow-id", "x"], "is not a UUID"),
        (["--resume", "-y", "-o", "none.csv"], "There is no report none.csv to resume"),
    ],
)
def test_what_else_is_wrong_is_told_before_missing_keys(call: Call, words: list[str], sentence: str) -> None:
    """Nobody is to look for keys for a file that is not there."""
    write("in.csv", *IDS)
    ended = call("run", *words)
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert sentence in ended.err


def test_a_site_may_be_given_short(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an option and in the environment; a slip is suggested for."""
    write("in.csv", *IDS)
    for short, site in [
        *SHORT_NAMES.items(),
        ("EU ", "datadoghq.eu"),
        ("uk1.datadoghq.com", "uk1.datadoghq.com"),
    ]:
        assert f"at {site}\n" in call("run", "in.csv", "--dry-run", "--site", short).err
        monkeypatch.setenv("DD_SITE", short)
        assert f"at {site}\n" in call("run", "in.csv", "--dry-run").err
        monkeypatch.delenv("DD_SITE")
    Path("links.txt").write_text(f"https://app.datadoghq.eu/workflow/{W}?instance={IDS[0]}\n")
    assert call("run", "links.txt", "--dry-run", "--site", "eu").code == 0
    assert "(--site)" in call("run", "links.txt", "--dry-run", "--site", "us5").err
    ended = call("run", "in.csv", "--dry-run", "--site", "us4")
    assert (ended.code, "Did you mean us5?" in ended.err or "Did you mean us3?" in ended.err) == (2, True)


@pytest.mark.parametrize("words", [[], ["-q"], ["--log-format", "json"]])
@pytest.mark.parametrize(
    ("site", "warned"), [("ddog-gov.com", 1), ("us2.ddog-gov.com", 1), ("us5", 0), ("datadoghq.com", 0)]
)
def test_a_site_without_the_product_is_warned_of(
    call: Call, site: str, warned: int, words: list[str]
) -> None:
    """And not refused: the vendor may offer it there by now."""
    ended = call("run", write("in.csv", *IDS), "--dry-run", "--site", site, *words)
    assert ended.code == 0
    assert ended.err.count(f"does not offer workflow automation on {site}") == warned


@pytest.mark.parametrize("words", [[], ["-q"]])
def test_swapped_columns_are_remarked(call: Call, words: list[str]) -> None:
    """Before the question: as many workflows as instances."""
    Path("in.csv").write_text("workflow_id,instance_id\n" + "".join(f"{one},{W}\n" for one in IDS))
    ended = call("run", "in.csv", "--sandbox", "--dry-run", *words)
    assert ended.code == 0
    (said,) = (line for line in ended.err.splitlines() if "swapped" in line)
    assert said.startswith("8 workflows with one instance each: are the columns swapped? If so, ")
    assert "--workflow-column and --instance-column" in said


@pytest.mark.parametrize(
    "pairs",
    [
        [(W, one) for one in IDS],
        [(IDS[0], W), (IDS[1], W)],
        [*((one, W) for one in IDS), (IDS[0], IDS[1])],
        [],
    ],
)
def test_what_may_well_be_meant_is_not_remarked(call: Call, pairs: list[tuple[str, str]]) -> None:
    """One workflow's instances, two single ones, a workflow that has several."""
    Path("in.csv").write_text("workflow_id,instance_id\n" + "".join(f"{w},{i}\n" for w, i in pairs))
    assert "swapped" not in call("run", "in.csv", "--sandbox", "--dry-run").err
