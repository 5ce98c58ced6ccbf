"""The report on standard output: complete, and a slow reader holds up nothing else."""

import os

import anyio
import pytest

from bulkcancel.errors import ReportLostError
from bulkcancel.models import Outcome, Result
from bulkcancel.report import Format, StreamReport

ROW = Result(2, "w", "i", Outcome.CANCELED, 200, "", "", 1, 0, 1_800_000_000.123, 1_800_000_000.123, 20)


async def test_a_stream_report_has_its_header_even_without_rows() -> None:
    """And a reader that is gone is an error of the report."""
    reader, writer = os.pipe()
    report = StreamReport(writer)
    report.sync()
    list(report.finish())
    await report.take(ROW)
    report.close()
    assert os.read(reader, 10_000) == Format.CSV.header + Format.CSV.encode(ROW)
    os.close(reader)
    with pytest.raises(ReportLostError, match="Broken pipe"):
        await report.take(ROW)
    os.close(writer)


async def test_a_slow_reader_holds_up_nothing_else() -> None:
    """A full pipe is waited for, and the wait can be ended."""
    reader, writer = os.pipe()
    report = StreamReport(writer)
    with anyio.move_on_after(0.05) as scope:
        while True:
            await report.take(ROW)
    assert scope.cancelled_caught
    assert len(os.read(reader, 1 << 20)) > 30_000
    await report.take(ROW)
    os.close(reader)
    os.close(writer)
