"""Where the page goes."""

import sys
from pathlib import Path

import pytest
from support.cliapp import Call
from support.reports import row, write_report

from bulkcancel.models import Outcome
from bulkcancel.overview.page.render import MARK


@pytest.fixture
def html(call: Call) -> Call:
    """The command, with a report in the directory."""
    write_report("a.csv", [row(2), row(3, Outcome.FAILED)])
    return lambda *words: call("report", "a.csv", "--html", *words)


def test_a_page_is_private_and_takes_the_place_of_an_earlier_one(html: Call) -> None:
    """It is named in the last line, and the text is written as well."""
    for _ in range(2):
        ended = html("p.html")
        assert ended.code == 0
        assert ended.last.startswith("The page is p.html: open it in a browser. 1 row is to be tried again: ")
        assert ended.out.startswith("Of 2 rows")
        assert Path("p.html").read_bytes().startswith(MARK)
        assert Path("p.html").stat().st_mode & 0o777 == 0o600


def test_a_page_can_go_to_standard_output(html: Call) -> None:
    """In place of the text."""
    ended = html("-")
    assert ended.out.encode().startswith(MARK)
    assert ended.last.startswith("1 row is to be tried again")


@pytest.mark.parametrize("content", ["", "<!doctype html>\n<p>mine", "line,workflow_id\n"])
def test_whatever_is_not_a_page_of_ours_stays(html: Call, content: str) -> None:
    """A slip must not cost a report, nor somebody's file."""
    Path("x.html").write_text(content)
    ended = html("x.html")
    assert ended.code == 2
    assert "bulkcancel did not write it: name another file with --html." in ended.last
    assert Path("x.html").read_text() == content


def test_a_link_is_not_followed(html: Call) -> None:
    """As with the summary."""
    Path("x.html").symlink_to("elsewhere")
    assert html("x.html").code == 2
    assert not Path("elsewhere").exists()


def test_a_disk_that_is_full_is_told(html: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the end."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bulkcancel.cli.page_output.write_private", fail)
    assert html("p.html").last == "The page p.html can't be written: No space left on device."


def test_without_the_extra_it_says_what_to_install(
    html: Call, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is read; all else works."""
    for name in [one for one in sys.modules if one.startswith(("jinja2", "bulkcancel.overview.page.render"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    ended = html("p.html")
    assert (ended.code, ended.out) == (2, "")
    assert "pip install 'bulkcancel[report]'" in ended.last
    assert all(call("report", "a.csv", *form).code == 0 for form in ((), ("--json",), ("--markdown",)))


def test_another_module_that_is_missing_is_no_matter_of_the_extra(
    html: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours is told as one."""
    monkeypatch.delitem(sys.modules, "bulkcancel.overview.page.render", raising=False)
    monkeypatch.setitem(sys.modules, "bulkcancel.overview.page.rows", None)
    assert html("p.html").code == 3
