"""An overview as Markdown."""

import re

import pytest
from markdown_it import MarkdownIt
from support.reports import Rows, overview, row

from bulkcancel.models import Outcome
from bulkcancel.overview.markdown import code, markdown_of, plain

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
