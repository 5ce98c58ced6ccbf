"""The page as a browser shows it: without a network, to eyes, to a screen reader and on paper."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.reports import Rows, held, overview, row, run, uuid

from bulkcancel.models import CLEAN, Outcome, Result
from bulkcancel.overview.facts import RunSummary
from bulkcancel.overview.page.render import Page
from bulkcancel.tally import HeldBy
from bulkcancel.text import printable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog
    from playwright.sync_api import Page as Tab

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra `browser`")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium"),
]
RUNS = [
    run(-1, 3.2, exit_code=3, stopped="max_failures", quota_used=0.5, pauses=(held(0.3, 1.2),)),
    run(
        3.5,
        9,
        reason="the rest",
        pauses=(held(5, 6.4, HeldBy.OUTAGE, status=503, detail="upstream is away"),),
    ),
]
HOSTILE = [
    "</script><script>window.harmed = 1</script>", "<img src=x onerror='window.harmed = 1'>", "<svg onload=window.harmed=1>",
    "&lt;b&gt; & <b>bold</b>", "=HYPERLINK(1)", "\u202egnp.exe", "\x1b[31mred\x07", "'\"><i>`${1}`{{ 1 }}", "javascript:harmed=1",
]  # fmt: skip
Open = Callable[..., "Tab"]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """A Chromium."""
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM)
        yield running
        running.close()


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> Iterator[Open]:
    """Open the page of some rows, without a network; at the end, nothing may have been complained of."""
    complaints: list[str] = []
    contexts = []

    def refuse(dialog: "Dialog") -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    def show(rows: list[Result], runs: Iterable[RunSummary] = (), **settings: Any) -> "Tab":
        page = Page()
        for one in rows:
            if one.outcome not in CLEAN:
                page.take(one)
        path = tmp_path / "page.html"
        path.write_text(page.render(overview(Rows(*rows), runs=runs)), encoding="utf-8")
        contexts.append(context := browser.new_context(offline=True, **settings))
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", refuse)
        tab.set_default_timeout(60_000)  # a machine may be busy
        tab.goto(path.as_uri())
        return tab

    yield show
    for context in contexts:
        context.close()
    assert complaints == []


def some_rows(count: int = 300) -> list[Result]:
    """Rows in two waves, a tenth of them failed in one of three ways."""
    rows = []
    for line in range(count):
        at = line * 0.01 + (5 if line > count / 2 else 0)
        one = row(line, at=at, duration_ms=20 + line % 7, workflow_id=uuid(line % 3))
        if line % 10 == 0:
            ways = [
                (Outcome.NOT_FOUND, "INSTANCE_NOT_FOUND"),
                (Outcome.FAILED, "http_5xx"),
                (Outcome.FAILED, "http_timeout"),
            ]
            outcome, code = ways[line // 10 % 3]
            one = one._replace(
                outcome=outcome, error_code=code, error_detail=f"of {one.instance_id}", http_status=404
            )
        rows.append(one)
    return rows


def cells(tab: "Tab", column: int) -> list[str]:
    """What a column of the failures shows."""
    return tab.locator(f"#failure-table tbody td:nth-child({column})").all_inner_texts()


def info(tab: "Tab") -> str:
    """What is said below the failures."""
    return tab.locator("#failure-table_info").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_a_screen_reader_finds_nothing_in_the_way(opened: Open, theme: str, width: int) -> None:
    """By axe's rules, contrast among them, with all that can be unfolded; and nothing juts out of a phone."""
    tab = opened(some_rows(), RUNS, color_scheme=theme, viewport={"width": width, "height": 800})
    tab.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = axe.Axe().run(tab).response["violations"]
    assert [(one["id"], one["impact"], [node["html"] for node in one["nodes"]]) for one in found] == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("#progress-chart canvas").count() == 1


@pytest.mark.parametrize("width", [1180, 1280, 1440])
def test_every_column_is_seen_without_moving_a_table_sideways(opened: Open, width: int) -> None:
    """On the screens that people have: long codes and times are wrapped."""
    code, said = (
        "INSTANCE_IS_NOT_TO_BE_FOUND",
        f"instance {uuid(100_001)} is not to be found, for it had ended",
    )
    facts = {"error_code": code, "error_detail": said, "http_status": 404, "duration_ms": 754_000}
    tab = opened(
        [*some_rows(), row(100_001, Outcome.NOT_ATTEMPTED, at=4, attempts=1000, **facts)],
        RUNS,
        viewport={"width": width, "height": 800},
    )
    tab.locator("#failure-table thead th").first.locator("[role=button]").press("Enter")
    assert cells(tab, 3)[0] == code
    tables = tab.evaluate(
        "[...document.querySelectorAll('.wide')].map((one) => [one.scrollWidth, one.clientWidth])"
    )
    assert len(tables) == 4
    assert [needed for needed, room in tables if needed > room] == []


def test_the_runs_and_what_held_them_back_are_told(opened: Open) -> None:
    """In a table, in the charts' shades, and in what the pointer shows."""
    tab = opened(some_rows(), RUNS, viewport={"width": 1180, "height": 800})
    runs = tab.locator("table.runs tbody tr").all_inner_texts()
    assert ["exit code 3, stopped: --max-failures is reached" in one for one in runs] == [True, False]
    tab.get_by_text("Pauses (3)").click()
    whys = tab.locator("details[open] tbody td:nth-child(3)").all_inner_texts()
    assert whys == ["quota used up", "no row began or ended", "API errors (503): upstream is away"]
    over = tab.locator("#progress-chart .u-over")
    width, height = over.evaluate("(one) => [one.clientWidth, one.clientHeight]")
    over.hover(position={"x": width * 5.5 / 8.0, "y": height / 2})
    playwright.expect(tab.locator("#progress-chart .u-legend")).to_contain_text("API errors (503)")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(opened: Open, text: str) -> None:
    """In every place where a server's or an input's text can stand."""
    rows = [
        row(2, Outcome.REJECTED, error_code=text, error_detail=text, workflow_id=text, instance_id=text),
        row(3, Outcome.REJECTED, error_code="x", error_detail="other", at=1),
    ]
    said = printable(text, 500)
    pauses = (held(0.1, 0.9, HeldBy.OUTAGE, detail=said),)
    tab = opened(
        rows, [run(reason=said, run_id=said, report=said, stopped=said, pauses=pauses, doubts=(said,))]
    )
    tab.locator("#cause-filter").select_option(index=1)
    tab.locator("#failure-table_wrapper").get_by_label("Search").fill(text[:5])
    tab.locator("#cause-filter").select_option(index=0)
    tab.locator("#failure-table_wrapper").get_by_label("Search").fill("")
    assert tab.evaluate("window.harmed") is None
    if text.isprintable():
        shown = [cells(tab, column)[0] for column in (3, 4, 5, 6)]
        assert shown == [" ".join(text.split())] * 4
        assert tab.locator("td.reason").inner_text() == " ".join(text.split())
    assert tab.locator("main img, main svg, main i, main b, main td script").count() == 0


def test_failures_are_sorted_filtered_and_searched(opened: Open) -> None:
    """By any column, by cause, by any text; with the keyboard as well."""
    tab = opened(some_rows())
    assert info(tab) == "1 to 25 of 30"
    assert cells(tab, 1)[:3] == ["0", "10", "20"]
    line = tab.locator("#failure-table thead th").first
    line.locator("[role=button]").press("Enter")
    playwright.expect(line).to_have_attribute("aria-sort", "descending")
    assert cells(tab, 1)[:3] == ["290", "280", "270"]
    tab.locator("#cause-filter").select_option("failed · http_5xx (10)")
    assert info(tab) == "1 to 10 of 10 (of 30 in all)"
    assert set(cells(tab, 3)) == {"http_5xx"}
    tab.locator("#cause-filter").select_option("all")
    tab.locator("#failure-table_wrapper").get_by_label("Search").fill(uuid(150))
    assert (info(tab), cells(tab, 4)) == ("1 to 1 of 1 (of 30 in all)", [f"of {uuid(150)}"])


def test_workflows_are_a_table_of_their_own(opened: Open) -> None:
    """With counts that add up."""
    tab = opened(some_rows())
    body = tab.locator("#workflow-table tbody tr").all_inner_texts()
    assert len(body) == 3
    assert sorted(one.split("\t")[1:5] for one in body) == [
        ["100", "90", "0", "10"],
        ["100", "90", "0", "10"],
        ["100", "90", "10", "0"],
    ]


def test_a_theme_can_be_chosen(opened: Open) -> None:
    """The charts follow it."""
    tab = opened(some_rows(), color_scheme="light")

    def looks() -> tuple[str, str]:
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        chart = tab.evaluate("document.querySelector('#progress-chart canvas').toDataURL()")
        return ground, chart

    light = looks()
    tab.get_by_role("button", name="Dark theme").click()
    dark = looks()
    assert light[0] != dark[0]
    assert light[1] != dark[1]
    tab.get_by_role("button", name="Light theme").click()
    assert looks() == light


def test_pauses_are_marked_in_the_charts(opened: Open) -> None:
    """By another ground, where nothing happened."""
    tab = opened(some_rows(), color_scheme="light", device_scale_factor=1)
    ground = tab.evaluate(
        """() => {
            const plot = document.querySelector('#progress-chart canvas');
            const { offsetLeft, offsetTop, offsetWidth } = document.querySelector('#progress-chart .u-over');
            const line = plot.getContext('2d').getImageData(offsetLeft, offsetTop + 3, offsetWidth, 1).data;
            const at = (share) => [...line.slice(4 * Math.round(offsetWidth * share)).slice(0, 4)].join();
            return [0.05, 0.4, 0.98].map(at);
        }"""
    )
    assert ground[1] == "227,231,236,255"
    assert ground[0] != ground[1]
    assert tab.get_by_text("Pauses (1)").count() == 1


def test_paper_is_light_and_has_more_rows(opened: Open) -> None:
    """Whatever the screen shows, which is as before afterwards."""
    tab = opened(some_rows(900), color_scheme="dark")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert len(cells(tab, 1)) == 90
    assert tab.locator("#progress-chart canvas").evaluate("(one) => one.offsetWidth") == 680
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
    assert not tab.get_by_role("button", name="theme").is_visible()
    tab.emulate_media(media="screen")
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(cells(tab, 1)) == 25
    assert tab.evaluate("document.documentElement.dataset.theme") is None
    assert tab.pdf().startswith(b"%PDF")


def test_a_hundred_thousand_failures_are_usable(opened: Open) -> None:
    """Each has a sentence of its own; they are paged, sorted, filtered and found."""
    rows = [
        row(
            n,
            Outcome.FAILED if n % 2 else Outcome.NOT_FOUND,
            at=n / 100,
            error_detail=f"number {n} of {uuid(n)} {'x' * 40}",
        )
        for n in range(100_000)
    ]
    tab = opened(rows)
    assert info(tab) == "1 to 25 of 100,000"
    tab.locator("#cause-filter").select_option(index=1)
    assert info(tab) == "1 to 25 of 50,000 (of 100,000 in all)"
    tab.locator("#failure-table_wrapper").get_by_label("Search").fill(uuid(99_998))
    assert cells(tab, 1) == ["99998"]


def test_a_page_without_failures_and_one_without_rows_open_too(opened: Open) -> None:
    """There is nothing to draw."""
    assert opened([row(2)]).get_by_text("There is none.").count() == 1
    assert opened([]).get_by_text("No row was written yet.").count() == 1
