"""A view as lines of a terminal, as a sentence and as fields."""

from dataclasses import replace

import pytest

from bulkcancel.models import Outcome
from bulkcancel.progress.layout import fields, in_ascii, lines, sentence
from bulkcancel.progress.view import ProgressView

BUSY = ProgressView(
    12_400,
    40_000,
    149.0,
    rate=83.2,
    eta=333.0,
    counts={"canceled": 12_396, "not_found": 4},
    held="quota used up, next window in 2 s",
)
BEGUN = ProgressView(0, 40_000, 0.1)
HUGE = replace(BUSY, done=1_239_999, total=2_000_000, elapsed=3_725.0, eta=90_000.0, counts={})
STREAM = replace(BUSY, total=None, eta=None, held="")
OVER = replace(BUSY, held="", is_over=True)
OUTAGE = replace(BUSY, held="API errors for 12 s (503), asking again in 4 s")


MANY = replace(OUTAGE, counts={outcome.value: 1_234 for outcome in Outcome})


@pytest.mark.parametrize(
    ("view", "width", "shown"),
    [
        (
            BUSY,
            119,
            [
                " 12,400 / 40,000   31 %  ━━━━━━━━━━━━────────────────────────────     83/s  2:29 elapsed  ETA 5:33",
                " 12,396 canceled · 4 not found · quota used up, next window in 2 s",
            ],
        ),
        (
            BUSY,
            79,
            [
                " 12,400 / 40,000   31 %  ━━━━───────────     83/s  2:29 elapsed  ETA 5:33",
                " 12,396 canceled · 4 not found · quota used up, next window in 2 s",
            ],
        ),
        (
            BUSY,
            59,
            [
                "12,400 / 40,000  31 %  83/s  2:29 elapsed  ETA 5:33",
                "12,396 canceled · 4 not found",
                "quota used up, next window in 2 s",
            ],
        ),
        (
            OUTAGE,
            39,
            [
                "12,400 / 40,000 31 % 83/s 2:29 ETA 5:33",
                "12,396 canceled · 4 not found",
                "API errors for 12 s (503)",
                "asking again in 4 s",
            ],
        ),
        (
            MANY,
            39,
            [
                "12,400 / 40,000 31 % 83/s 2:29 ETA 5:33",
                "1,234 canceled · 1,234 already finished",
                "1,234 not found · 1,234 rejected · …",
                "API errors for 12 s (503)",
                "asking again in 4 s",
            ],
        ),
        (BEGUN, 39, ["     0 / 40,000 0 % -/s 0:00 ETA -", ""]),
        (HUGE, 59, ["1,239,999 / 2,000,000 61 % 83/s 1:02:05 ETA 1 d 01 h", HUGE.held]),
        (HUGE, 39, ["1.23M/2.00M 61% 83/s ETA 1 d 01 h", HUGE.held]),
        (BUSY, 20, ["12.4k/40.0k 31%", "12,396 canceled", "4 not found", "quota used up", "next window in 2 s"]),
        (STREAM, 79, [" 12,400 rows  83/s  2:29 elapsed", " 12,396 canceled · 4 not found"]),
        (replace(STREAM, done=1, noun="instance"), 39, ["1 instance  83/s  2:29 elapsed", "12,396 canceled · 4 not found"]),
        (replace(BUSY, note="pass 2"), 99, [
            " 12,400 / 40,000   31 %  ━━━━━━━━━━─────────────────────────     83/s  2:29 elapsed  ETA 5:33",
            " 12,396 canceled · 4 not found · pass 2 · quota used up, next window in 2 s",
        ]),
        (OVER, 39, ["12,400 / 40,000 31 % 83/s 2:29", "12,396 canceled · 4 not found"]),
        (replace(OVER, total=0, done=0, counts={}), 79, ["0 / 0  83/s  2:29 elapsed".rjust(26), ""]),
        (BUSY, 3, ["12…", "12…", "4 …", "qu…", "ne…"]),
        (BUSY, 0, [""] * 5),
        (BUSY, -1, [""] * 5),
    ],
)  # fmt: skip
def test_nothing_is_lost_where_it_is_narrow(view: ProgressView, width: int, shown: list[str]) -> None:
    """First the bar goes, then the space between, then digits; what holds it back has room before counts."""
    assert lines(view, width) == shown


@pytest.mark.parametrize("view", [BUSY, BEGUN, HUGE, STREAM, OVER, OUTAGE, MANY])
def test_no_line_is_wider_than_the_terminal(view: ProgressView) -> None:
    """Whatever its width; and with a bar, nothing before the rate moves while numbers grow."""
    for width in range(130):
        assert max(map(len, lines(view, width))) <= width
        assert len(lines(view, width)) <= 5


def test_the_bar_stays_where_it_is_while_numbers_grow() -> None:
    """From the first row to the last, over minutes and hours."""
    begins = {
        lines(replace(BUSY, done=done, elapsed=elapsed, eta=eta, rate=rate), 79)[0].index("elapsed")
        - len(shown)
        for done, elapsed, eta, rate, shown in (
            (0, 0.0, None, None, "0:00 "),
            (40_000, 59.0, 0.0, 8.2, "0:59 "),
            (12_400, 3_725.0, 35_999.0, 1_234.0, "1:02:05 "),
        )
    }
    assert len(begins) == 1


@pytest.mark.parametrize(
    ("done", "total", "percent"),
    [
        (0, 1_000, "0 %"),
        (9, 1_000, "0 %"),
        (39_999, 40_000, "99 %"),
        (40_000, 40_000, "100 %"),
        (9, 8, "100 %"),
    ],
)
def test_percent_are_rounded_down(done: int, total: int, percent: str) -> None:
    """100 % is all of them: a row that is left is seen. An input that has grown is no more than all."""
    view = replace(BUSY, done=done, total=total)
    assert f" {percent} " in lines(view, 79)[0]
    assert f" {percent} " in sentence(view)
    assert ("─" in lines(view, 79)[0]) is (done < total)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (
            BUSY,
            f"12,400 of 40,000 rows · 31 % · 83/s · 2:29 elapsed · ETA 5:33 · 12,396 canceled · 4 not found · {BUSY.held}",
        ),
        (STREAM, "12,400 rows · 83/s · 2:29 elapsed · 12,396 canceled · 4 not found"),
        (BEGUN, "0 of 40,000 rows · 0 % · -/s · 0:00 elapsed · ETA -"),
        (ProgressView(1, None, 5.0, 0.5, noun="instance"), "1 instance · 30/min · 0:05 elapsed"),
        (ProgressView(1, 1, 5.0, 0.5, is_over=True), "1 of 1 rows · 100 % · 30/min · 0:05 elapsed"),
    ],
)
def test_a_sentence_has_the_same_facts(view: ProgressView, words: str) -> None:
    """Where there is no terminal."""
    assert sentence(view) == words


def test_fields_have_the_same_facts() -> None:
    """For a program; what is not known is null."""
    assert fields(BUSY) == {
        "unit": "rows",
        "done": 12_400,
        "total": 40_000,
        "outcomes": {"canceled": 12_396, "not_found": 4},
        "rate": 83.2,
        "elapsed_s": 149.0,
        "eta_s": 333.0,
        "held": "quota used up, next window in 2 s",
    }
    unknown = fields(replace(BEGUN, eta=float("inf"), noun="instance"))
    assert (unknown["unit"], unknown["done"]) == ("instances", 0)
    assert [unknown[name] for name in ("rate", "eta_s", "held")] == [None] * 3


def test_a_terminal_without_unicode_has_its_own_signs() -> None:
    """As wide as the others."""
    for line in lines(MANY, 39) + lines(BUSY, 119):
        assert in_ascii(line).isascii()
        assert len(in_ascii(line)) == len(line)
