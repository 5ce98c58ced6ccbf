"""An overview as text."""

import pytest
from support.reports import Rows, W, held, overview, row, run, uuid

from bulkcancel.models import Outcome
from bulkcancel.overview.text import text_of
from bulkcancel.tally import HeldBy
from bulkcancel.text import printable

HOSTILE = "</script>\x1b[31m\u202e=1+1\nx"


def test_the_text_tells_what_happened_and_what_to_do() -> None:
    """Outcomes, time, workflows, and causes with a hint each."""
    found = overview(
        Rows(
            *(row(n, at=n / 10) for n in range(2, 9)),
            row(
                9,
                Outcome.FAILED,
                at=3.07,
                workflow_id=uuid(7),
                error_code="http_5xx",
                error_detail="down",
                duration_ms=900,
            ),
        )
    )
    assert (
        text_of(found, 100)
        == f"""\
Of 8 rows at datadoghq.eu, 7 were canceled; 1 failed. It took 2.9 s, from 2027-01-15 08:00:00 to
08:00:03 UTC: 2.8 rows a second, with 1 pause (2.2 s). 1 row is to be tried again.

Outcomes
          7  canceled           87.5 %
          1  failed             12.5 %

Time
  8 requests, none throttled
  a row took 20 ms in the median, 900 ms for 9 of 10, 900 ms for 99 of 100, 900 ms at most
  paused 2.2 s from 08:00:00

Workflows with the most rows not canceled
          1  of 1  {uuid(7)}

Slowest workflows, by the median of a row
     900 ms  {uuid(7)}
      20 ms  {W}

Not canceled, by cause
          1  failed · http_5xx
             for example line 9: down
             -> A fault of the API. Try again when Datadog's status page says that it has recovered.
"""
    )


def test_a_text_without_rows_is_a_sentence() -> None:
    """Nothing else would mean anything."""
    assert text_of(overview(Rows()), 80) == "No row was written yet.\n"


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_a_server_said_neither_steers_nor_overflows_the_terminal(width: int) -> None:
    """Its controls are escaped, and its lines wrapped; words are never broken."""
    found = overview(
        Rows(
            row(
                2,
                Outcome.REJECTED,
                error_code=HOSTILE,
                error_detail=f"{HOSTILE} " * 40,
                workflow_id=HOSTILE,
                site="s",
            )
        )
    )
    text = text_of(found, width)
    assert text.replace("\n", "").isprintable()
    assert "\\x1b[31m\\u202e" in text
    prose = [line for line in text.splitlines() if line.startswith(" " * 13) or not line.startswith(" ")]
    assert max(map(len, prose)) <= max(width, 45)


def test_what_is_too_much_for_a_terminal_is_counted() -> None:
    """Causes and pauses past the first few."""
    causes = [row(n, Outcome.REJECTED, at=n * 9, error_code=f"c{n}") for n in range(15)]
    text = text_of(overview(Rows(*causes)), 100)
    assert text.count("->") == 10
    assert "and 5 other causes" in text
    assert "and 9 shorter pauses" in text


def test_rows_that_were_not_sent_take_no_time() -> None:
    """There is no such section; an id that is missing is said."""
    text = text_of(overview(Rows(row(2, Outcome.INVALID, workflow_id="", error_code="missing_id"))), 100)
    assert "\nTime" not in text
    assert "(no workflow id)" in text
    assert "for example" not in text


def test_runs_are_told_with_their_ends_and_pauses_with_their_causes() -> None:
    """As their summaries have them; past the first ten they are counted."""
    shown = printable(HOSTILE, 99)
    outage = held(3, 6, HeldBy.OUTAGE, status=503, detail=shown)
    one = run(quota_used=0.25, exit_code=3, stopped="max_failures", reason=shown, pauses=(outage,))
    text = text_of(overview(Rows(row(2), row(3, at=9)), runs=[one]), 100)
    assert (
        f"""
Run
  from 2027-01-15 08:00:00 to 08:00:10 UTC: exit code 3, stopped: --max-failures is reached
    at most 25 % of the quota · 2 requests · id {uuid(4711)} · s.json
    reason: </script>\\x1b[31m\\u202e=1+1\\x0ax
"""
        in text
    )
    assert "  paused 3.0 s from 08:00:03: API errors (503): </script>\\x1b[31m" in text
    assert text.replace("\n", "").isprintable()
    many = text_of(overview(Rows(row(2)), runs=[run(name=f"s{n}") for n in range(12)]), 100)
    assert "\nRuns\n" in many
    assert "  and 2 later runs" in many
