"""Where a report goes."""

import sys
from contextlib import closing
from pathlib import Path

import pytest

from bulkcancel.errors import ConfigurationError, ReportError
from bulkcancel.ledger import Ledger
from bulkcancel.models import Outcome, Result
from bulkcancel.operations.report_target import STDIO, ReportTarget
from bulkcancel.report import StreamReport
from bulkcancel.tally import Tally

CANCELED = Result(2, "w", "i", Outcome.CANCELED, attempts=1, site="here")


def test_a_new_report_is_begun_when_it_is_opened(tmp_path: Path) -> None:
    """And taken away again where nothing came of it."""
    path = tmp_path / "r.csv"
    with closing(ReportTarget(str(path), resume=False)) as target:
        assert (target.path, target.name, target.resumes, path.exists()) == (path, str(path), False, False)
        with pytest.raises(ConfigurationError, match="There is no report"):
            target.existing.touch()
        target.open()
        assert path.exists()
        target.discard_if_empty()
    assert not path.exists()


def test_a_report_with_rows_is_never_taken_away(tmp_path: Path) -> None:
    """Nor one that is continued."""
    path = tmp_path / "r.csv"
    with closing(ReportTarget(str(path), resume=False)) as target:
        target.open().take(CANCELED)
        target.discard_if_empty()
    with closing(ReportTarget(str(path), resume=True)) as target:
        assert target.resumes
        assert target.existing == path
        target.discard_if_empty()
    assert path.exists()


def test_what_is_on_record_is_taken_over(tmp_path: Path) -> None:
    """Into the ledger and the counts, and only from the same target."""
    path = tmp_path / "r.csv"
    with closing(ReportTarget(str(path), resume=False)) as target:
        target.open().take(CANCELED)
    ledger, tally = Ledger(), Tally()
    with closing(ReportTarget(str(path), resume=True)) as target:
        target.load(ledger, tally, site="here", to_write=True)
        assert (tally.outcomes[Outcome.CANCELED], ledger.outcomes()[Outcome.CANCELED]) == (1, 1)
        assert not target.lacks_site
        with pytest.raises(ReportError, match="being written"):
            ReportTarget(str(path), resume=True).load(Ledger(), Tally(), site="here", to_write=True)
    with pytest.raises(ReportError, match="belongs to here, and this run goes to there"):
        ReportTarget(str(path), resume=True).load(Ledger(), Tally(), site="there", to_write=False)


def test_a_report_that_stands_there_is_refused_unless_it_is_continued(tmp_path: Path) -> None:
    """So is what is no file."""
    path = tmp_path / "r.csv"
    path.touch()
    with pytest.raises(ReportError, match="exists already"):
        ReportTarget(str(path), resume=False)
    folder = tmp_path / "d.csv"
    folder.mkdir()
    with pytest.raises(ReportError, match="not a regular file"):
        ReportTarget(str(folder), resume=True)


def test_standard_output_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to continue in it; where it is closed, it can't be one."""
    target = ReportTarget(STDIO, resume=True)
    assert (target.path, target.name, target.resumes) == (None, "standard output", False)
    monkeypatch.setattr(sys, "stdout", open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for its descriptor
    assert isinstance(target.open(), StreamReport)
    sys.stdout.close()
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ConfigurationError, match="Standard output is closed"):
        ReportTarget(STDIO, resume=False)
