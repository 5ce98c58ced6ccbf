"""The page, as it is written."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from support.reports import Rows, held, overview, row, run, uuid

from bulkcancel.models import CLEAN, Outcome, Result
from bulkcancel.overview.facts import RunSummary
from bulkcancel.overview.page import render
from bulkcancel.overview.page.render import MARK, Page
from bulkcancel.tally import HeldBy
from bulkcancel.text import printable

HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "{{ 7 * 7 }}", "{% raw %}",
    "&lt;b&gt;", "\u2028\u2029", "\u202eevil", "\x00\x1b[31m", "=1+1", "'\"`", "javascript:alert(1)",
]  # fmt: skip
TAGS = {
    "html", "head", "meta", "title", "link", "style", "body", "a", "header", "p", "h1", "button", "main", "section", "ul", "li",
    "noscript", "div", "h2", "table", "thead", "tr", "th", "tbody", "td", "span", "strong", "bdi", "br", "details", "summary",
    "label", "select", "option", "code", "pre", "script",
}  # fmt: skip


def page_of(*rows: Result, runs: Iterable[RunSummary] = ()) -> str:
    """The page of those rows and runs."""
    page = Page()
    for one in rows:
        if one.outcome not in CLEAN:
            page.take(one)
    return page.render(overview(Rows(*rows), runs=runs))


def data_of(page: str) -> dict[str, Any]:
    """The data in it."""
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


class Outline(HTMLParser):
    """What a browser would make of a page: its elements, and their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_begins_as_ours_do_and_tells_what_happened() -> None:
    """In a sentence, and as a title."""
    page = page_of(row(2), row(3, Outcome.FAILED, at=1, error_code="http_5xx", error_detail="down"))
    assert page.encode().startswith(MARK)
    assert "<title>Cancel at datadoghq.eu: Not done</title>" in page
    assert "Of 2 rows at datadoghq.eu, 1 was canceled; 1 failed." in page
    assert "when Datadog&#39;s status page" in page
    assert "see <code>bulkcancel check</code>." in page_of(row(2, Outcome.FORBIDDEN))


def test_nothing_is_loaded_from_elsewhere() -> None:
    """The policy forbids it; and no attribute leads anywhere."""
    outline = Outline(page_of(row(2), row(3, Outcome.FAILED)))
    assert {name for name, _ in outline.attributes} & {
        "src",
        "srcset",
        "action",
        "poster",
        "onerror",
        "onload",
    } == set()
    assert {value for name, value in outline.attributes if name == "href"} == {"#failures", "data:,"}
    (policy,) = [
        value or "" for name, value in outline.attributes if name == "content" and "src" in (value or "")
    ]
    assert policy.startswith("default-src 'none';")
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "http" not in policy


def test_the_scripts_are_those_that_the_policy_allows() -> None:
    """Each by the sum of its bytes."""
    page = page_of(row(2))
    allowed = unescape(page.partition("<title>")[0])
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 3
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in allowed
        assert "\r" not in script


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_server_said_is_data_in_the_page(text: str) -> None:
    """No element and no attribute comes of it, and the data comes back as it was, but for what can't be printed."""
    rows = [
        row(
            2,
            Outcome.REJECTED,
            error_code=text,
            error_detail=text,
            workflow_id=text,
            instance_id="i",
            site=text,
        ),
        row(
            3,
            Outcome.INVALID,
            error_code=text,
            error_detail="x",
            workflow_id=text,
            instance_id=text,
            site=text,
        ),
    ]
    page = page_of(*rows)
    outline, harmless = (
        Outline(page),
        Outline(page_of(*(one._replace(error_code="a", error_detail="b") for one in rows))),
    )
    assert set(outline.tags) <= TAGS
    assert outline.tags.count("script") == harmless.tags.count("script") == 4
    assert {name for name, _ in outline.attributes} == {name for name, _ in harmless.attributes}
    printed = unescape(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert not set("\x00\x1b\u202e\u2028\ud800") & set(printed)
    failures = data_of(page)["failures"]
    if text.isprintable():
        assert text in failures["texts"]
        assert text in printed


def test_a_text_that_no_file_can_hold_is_escaped() -> None:
    """A lone surrogate, which JSON lines can bring."""
    page = page_of(row(2, Outcome.REJECTED, error_detail="a\ud800b"))
    assert "a\\ud800b" in page
    assert page.encode()


def test_a_page_of_nothing_is_a_page() -> None:
    """No row was written; then none was canceled, for none was sent; then all were."""
    assert "No row was written yet." in page_of()
    assert "<p>There is none.</p>" in page_of()
    stopped = page_of(row(2, Outcome.NOT_ATTEMPTED), row(3, Outcome.INVALID, workflow_id=""))
    assert 'id="progress-chart"' not in stopped
    assert data_of(stopped)["timeline"] is None
    assert 'class="verdict good"' in page_of(row(2))


def test_what_is_left_out_of_a_page_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, workflows, causes and pauses past what a page can hold."""
    monkeypatch.setattr(render, "_MOST_WORKFLOWS", 2)
    monkeypatch.setattr(render, "_MOST_CAUSES", 2)
    monkeypatch.setattr(render, "_MOST_PAUSES", 2)
    monkeypatch.setattr("bulkcancel.overview.page.rows.MOST_ROWS", 2)
    page = page_of(
        *(row(n, Outcome.REJECTED, at=n * n, workflow_id=uuid(n), error_code=f"c{n}") for n in range(5))
    )
    assert "The 2 longest of 4 pauses" in page
    assert [round(end - begin) for begin, end, *_ in data_of(page)["pauses"]] == [5, 7]
    assert "The 3 with the fewest rows are left out." in page
    assert "And 3 other causes." in page
    assert "Shown are the first 2 of 5; all of them are in the report." in page


def test_the_table_of_progress_ends_with_the_whole() -> None:
    """For whoever can't see a chart."""
    page = page_of(*(row(n, at=n) for n in range(30)), row(40, Outcome.FAILED, at=35))
    (table,) = re.findall(r"Progress as a table.*?</table>", page, re.DOTALL)
    assert len(re.findall(r'<th scope="row">', table)) == 12
    assert re.findall(r'<td class="number">(\d+)</td>', table)[-3:] == ["30", "0", "1"]


def test_the_page_is_the_same_each_time() -> None:
    """It says nothing of when or where it was made."""
    assert page_of(row(2)) == page_of(row(2))


def test_the_page_tells_of_the_runs_and_marks_their_pauses() -> None:
    """Each with its cause: what was held back, what lies between two runs, and what nobody explains."""
    outage = held(10, 20, HeldBy.OUTAGE, detail="refused")
    runs = [
        run(-1, 30, pauses=(held(1, 4), outage), quota_used=0.5),
        run(40, 61, exit_code=3, stopped="max_failures"),
    ]
    page = page_of(row(2), row(3, at=29), row(4, at=41), row(5, at=60), runs=runs)
    assert [(kind, why) for _, _, kind, why in data_of(page)["pauses"]] == [
        ("pause", "no row began or ended"),
        ("quota", "quota used up"),
        ("outage", "no answer from the API"),
        ("between", "between two runs"),
        ("pause", "no row began or ended"),
    ]
    for said in (
        "exit code 3, stopped: --max-failures is reached",
        "INC-4711",
        "at most 50 % of the quota",
        uuid(4711),
        "no answer from the API: refused",
        "held back by an outage",
    ):
        assert said in page
    assert "The shaded times are pauses" not in page
    alone = page_of(row(2), row(3, at=29))
    assert "The shaded times are pauses" in alone
    assert 'id="runs"' not in alone


def test_very_many_runs_do_not_fill_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those left out are counted."""
    monkeypatch.setattr(render, "_MOST_RUNS", 2)
    page = page_of(row(2), runs=[run(name=f"s{n}.json") for n in range(5)])
    assert "And 3 later runs." in page
    assert page.count(uuid(4711)) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_summary_says_is_data_in_the_page(text: str) -> None:
    """Its reason, its names, and what a server said in an outage."""
    shown = printable(text, 500)
    outage = held(1, 4, HeldBy.OUTAGE, detail=shown)
    facts: dict[str, Any] = dict.fromkeys(("name", "run_id", "reason", "report", "stopped"), shown)
    page = page_of(row(2), row(3, at=9), runs=[run(pauses=(outage,), doubts=(shown,), **facts)])
    outline, harmless = (
        Outline(page),
        Outline(
            page_of(row(2), row(3, at=9), runs=[run(pauses=(held(1, 4, HeldBy.OUTAGE),), doubts=("?",))])
        ),
    )
    assert outline.tags == harmless.tags
    assert {name for name, _ in outline.attributes} == {name for name, _ in harmless.attributes}
    assert not set("\x00\x1b\u202e\u2028") & set(page)
    assert shown in unescape(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
