"""An overview as Markdown."""

import re
from typing import Any

import pytest
from markdown_it import MarkdownIt
from support.reports import Rows, held, overview, row, run, uuid

from bulkcancel.models import Outcome
from bulkcancel.overview.markdown import code, markdown_of, plain
from bulkcancel.tally import HeldBy
from bulkcancel.text import printable

RENDER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render
HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a | b | c", "`x`", "``", "@team #1 **b**",
    "[x](javascript:y)", "\u202eevil", "=1+1", "\x00\x1b[31m", "a\nb\n# c", "\\|", "  ", "$$x$$", "~~x~~", "", "\\",
]  # fmt: skip


def test_the_markdown_has_the_tables_of_a_post_mortem() -> None:
    """Outcomes, causes, workflows, reports."""
    text = markdown_of(
        overview(
            Rows(row(2), row(3, Outcome.FAILED, error_code="http_5xx", error_detail="down"), name="a_b.csv")
        )
    )
    assert text.startswith(
        "# Cancel of workflow executions at `datadoghq.eu`: Not done\n\nOf 2 rows at datadoghq.eu, 1 was"
    )
    assert re.findall("^## (.*)", text, re.MULTILINE) == [
        "Outcomes",
        "Not canceled, by cause",
        "Workflows",
        "Reports",
    ]
    assert "| 1 | failed, `http_5xx` | line 3: `down` | A fault of the API." in text
    assert text.endswith("- `a_b.csv`: 2 rows\n")
    assert RENDER(text).count("<table>") == 3


def test_markdown_without_rows_is_a_sentence() -> None:
    """And a title."""
    assert markdown_of(overview(Rows())).count("\n") == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_server_said_is_code_and_nothing_else(text: str) -> None:
    """Read as a page, it is the text itself; in a table, it stays in its cell."""
    found = overview(Rows(row(2, Outcome.REJECTED, error_code=text, error_detail=text, workflow_id=text)))
    page = RENDER(markdown_of(found))
    tags = set(re.findall(r"<(/?\w+)", page))
    assert tags <= {
        f"{end}{tag}"
        for end in ("", "/")
        for tag in ["h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li"]
    }
    assert page.count("<td") == 3 + 4 + 5


def test_the_markdown_tells_of_the_runs_and_their_pauses() -> None:
    """Where summaries were given; without, a gap in the rows is in no table."""
    outage = held(3, 6, HeldBy.OUTAGE, status=503, detail="away")
    rows = Rows(row(2), row(3, at=9))
    text = markdown_of(overview(rows, runs=[run(pauses=(held(1, 2), outage), quota_used=0.25)]))
    assert (
        "| from 2027-01-15 08:00:00 to 08:00:10 UTC | exit code 0 | `INC-4711` | 2 | at most 25 % of the quota | "
        f"`{uuid(4711)}` |"
    ) in text
    assert "| 2027-01-15 08:00:01 | 1.0 s | quota used up |" in text
    assert "| 2027-01-15 08:00:03 | 3.0 s | API errors (503), `away` |" in text
    assert "## Pauses" not in markdown_of(overview(rows))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_summary_says_is_no_markup(text: str) -> None:
    """It stays in its cell, or in its sentence."""
    shown = printable(text, 500)
    facts: dict[str, Any] = dict.fromkeys(("name", "run_id", "reason", "report", "stopped"), shown)
    one = run(pauses=(held(1, 4, HeldBy.OUTAGE, detail=shown),), doubts=(shown,), **facts)
    page = RENDER(markdown_of(overview(Rows(row(2), row(3, at=9)), runs=[one])))
    tags = set(re.findall(r"<(\w+)", page))
    assert tags <= {
        "h1",
        "h2",
        "p",
        "blockquote",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "ul",
        "li",
    }
    # Outcomes, the run, pauses before, in and after the outage, and the workflow.
    assert page.count("<td") == 3 + 6 + 3 * 2 + 5


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("x", "`x`"),
        ("a`b", "``a`b``"),
        ("a`b``c", "```a`b``c```"),
        ("`a`", "`` `a` ``"),
        ("a|b", "`a\\|b`"),
        ("", "` `"),
        ("``", "``` `` ```"),
    ],
)
def test_code_has_ticks_enough(text: str, want: str) -> None:
    """One more than the text has in a row."""
    assert code(text) == want


def test_a_name_in_a_sentence_is_no_markup() -> None:
    """A report may be called anything."""
    assert plain("a_*b*<c>@d.csv is [x](y)") == "a\\_\\*b\\*\\<c\\>\\@d.csv is \\[x\\](y)"


def test_what_is_too_much_for_a_ticket_is_counted() -> None:
    """Causes and workflows past the first twenty."""
    rows = (row(n, Outcome.REJECTED, error_code=f"c{n}", workflow_id=f"w{n}") for n in range(30))
    text = markdown_of(overview(Rows(*rows)))
    assert text.count("And 10 more.") == 2
