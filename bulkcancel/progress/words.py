"""Counts and ends of runs in words; nothing here prints."""

import math
from typing import TYPE_CHECKING

from bulkcancel.models import CLEAN, Outcome, StopReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.tally import LineSet, ReportLoss, Summary

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST_SPAN = 9_999 * _DAY  # seconds that are told apart
_TEN = 9.95  # from here on, tenths are not shown
_ERRORS_SHOWN = 3
_WORTH_SAYING = 0.01
_SPANS_SHOWN = 50
_LEAST_PERCENT, _MOST_PERCENT = 0.01, 99.0  # of a share that is neither nothing nor all

_ENDS = {
    StopReason.INTERRUPTED: "Interrupted",
    StopReason.TERMINATED: "Terminated",
    StopReason.REFUSED: "Stopped: the keys were refused",
    StopReason.MISROUTED: "Stopped: the API answered with a redirect; check --site or --base-url",
    StopReason.UNTRUSTED: "Stopped: the API's certificate is not trusted; check the clock and --ca-bundle",
    StopReason.PROXY_REFUSED: "Stopped: the proxy wants a user name and password, in its variable",
    StopReason.UNREACHABLE: "Stopped: the API has not answered for minutes",
    StopReason.NO_FILES: "Stopped: this process may open no more files; raise its limit (ulimit -n)",
    StopReason.MAX_FAILURES: "Stopped: --max-failures is reached",
    StopReason.MAX_DURATION: "Stopped: --max-duration is over",
    StopReason.REPORT_LOST: "Stopped: the report was lost",
    StopReason.INPUT_LOST: "Stopped: the input can't be read any further",
    StopReason.OWN_FAULT: "Stopped by a fault of bulkcancel's own",
}


def end_words(reason: StopReason) -> str:
    """Why something ended early, as a sentence without its full stop."""
    return _ENDS[reason]


def number_of(count: int, noun: str) -> str:
    """A number and its noun: `1 row`, `1,000 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def counts_of(outcomes: "Mapping[Outcome, int]") -> str:
    """The outcomes that occur, with their numbers: `989 canceled, 4 not found`."""
    found = ((outcome, outcomes.get(outcome, 0)) for outcome in Outcome)
    return ", ".join(f"{count:,} {outcome.value.replace('_', ' ')}" for outcome, count in found if count)


def duration(seconds: float) -> str:
    """A duration as people say it: `9.3 s`, `4 min 20 s`, `2 h 05 min`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def lines_of(lines: "LineSet") -> str:
    """Input lines as a person reads them, at most so many: `input lines 2-9, 12 and 40 more`."""
    spans = list(lines.spans())
    shown = ", ".join(f"{a}-{b}" if a != b else f"{a}" for a, b in spans[:_SPANS_SHOWN])
    more = sum(b - a + 1 for a, b in spans[_SPANS_SHOWN:])
    return f"input lines {shown}" + (f" and {more:,} more" if more else "")


def span(seconds: float, *, as_clock: bool = False) -> str:
    """A duration in few characters: `12 s`, or `0:12` as clocks have it, `4:20`, `1:02:05`, `3 d 04 h`."""
    if not 0.0 < seconds < math.inf:
        seconds = 0.0 if seconds < math.inf else _LONGEST_SPAN
    whole = math.floor(min(seconds, _LONGEST_SPAN))
    minutes, rest = divmod(whole, _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if whole >= _DAY:
        return f"{hours // 24:,} d {hours % 24:02d} h"
    if hours:
        return f"{hours}:{minutes:02d}:{rest:02d}"
    return f"{minutes}:{rest:02d}" if minutes or as_clock else f"{rest} s"


def rate_words(rate: float) -> str:
    """How many per second, minute or hour, whichever makes a number one can picture: `83/s`, `30/min`."""
    if rate <= 0.0:
        return "0/s"
    units = ((rate, "s"), (rate * _MINUTE, "min"), (rate * _HOUR, "h"))
    count, unit = next((one for one in units if one[0] >= 1.0), units[-1])
    return f"{count:,.0f}/{unit}" if count >= _TEN else f"{count:.2g}/{unit}"


def named_counts(counts: "Mapping[str, int]") -> list[str]:
    """Each number with its name: `12,396 canceled`, `4 not found`."""
    return [f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items() if count]


def closing_lines(summary: "Summary", *, where: str, resume: str, cause: str = "") -> list[str]:
    """What happened and, last, what to do next.

    Args:
        summary: What the run came to.
        where: The report's name.
        resume: The command that continues the run, or empty where none can.
        cause: What ended it, as a sentence, where that is more than its reason for stopping says.
    """
    lines = []
    if summary.rows:
        of_all = f" of {summary.rows + summary.left.unreported:,}" if summary.left.unreported else ""
        rows = number_of(summary.rows, "row") if not of_all else f"{summary.rows:,}{of_all} rows"
        lines.append(f"{rows}: {counts_of(summary.outcomes)}")
    if summary.requests:
        lines.append(_spent(summary))
    lines += [
        f"{code} ({count:,}): {summary.examples[code]}"
        for code, count in list(summary.errors.items())[:_ERRORS_SHOWN]
    ]
    go_on = f"continue with: {resume}" if resume else "run again with -o FILE to be able to continue"
    return [*lines, _last(summary, where, go_on, cause)]


def _spent(summary: "Summary") -> str:
    words = f"{number_of(summary.requests, 'request')} in {duration(summary.duration)}"
    if summary.throttled:
        words += f", {summary.throttled:,} throttled ({_percent(summary.throttled, summary.requests)})"
    else:
        words += ", none throttled"
    if summary.paused:
        words += f"; paused {duration(summary.paused)}"
    if summary.quota_used is not None and summary.quota_used >= _WORTH_SAYING:
        words += f"; at most {summary.quota_used:.0%} of a quota window used"
    return words


def _percent(part: int, whole: int) -> str:
    """A share with two digits; what is not all is never rounded to it, nor what is something to nothing."""
    share = 100.0 * part / whole
    if share < _LEAST_PERCENT:
        return f"under {_LEAST_PERCENT} %"
    return "100 %" if part == whole else f"{min(share, _MOST_PERCENT):.2g} %"


def _last(summary: "Summary", where: str, go_on: str, cause: str) -> str:
    left, undone = summary.left, summary.unfinished + summary.left.unreported
    if summary.loss is not None:
        return f"{_lost(summary.loss)} Nothing more was sent; {_unrecorded(summary)}. Then {go_on}"
    if summary.stop is not None:
        return f"{cause or f'{end_words(summary.stop)}.'} {_not_done(summary, undone, where, go_on)}"
    if left.is_limited and (undone or left.may_have_more):
        done = counts_of(summary.outcomes)
        if left.may_have_more:
            return f"Canary done: {done}. --limit ended it; if the input has more, {go_on}"
        rows = f"{summary.rows + left.unreported:,} rows"
        return f"Canary done: {done} of {rows}, {undone:,} remain{'s' * (undone == 1)}; {go_on}"
    if not summary.rows:
        return f"Nothing to do: the input has no rows. Report: {where}"
    if undone:
        gone = f", {left.gone:,} of them no longer in the input" if left.gone else ""
        return f"Finished, with {number_of(undone, 'row')} not done{gone}; {go_on}"
    look = summary.rows - sum(summary.outcomes[outcome] for outcome in CLEAN)
    if look:
        return f"Finished, with {number_of(look, 'row')} not canceled; the report says why: {where}"
    return f"Done: every row is settled. Report: {where}"


def _lost(loss: "ReportLoss") -> str:
    """How the report was lost, and which rows with it."""
    if not loss.is_gone:
        return loss.words + (
            f" Taken, but perhaps not on the disk: {lines_of(loss.sent)}." if loss.sent else ""
        )
    held = [lines_of(loss.sent)] if loss.sent else []
    held += [f"{number_of(loss.earlier, 'row')} of earlier runs"] if loss.earlier else []
    return loss.words + (f" Recorded there alone: {' and '.join(held)}." if held else "")


def _unrecorded(summary: "Summary") -> str:
    unrecorded = summary.left.unrecorded
    return f"sent and not recorded: {lines_of(unrecorded) if unrecorded else 'nothing'}"


def _not_done(summary: "Summary", undone: int, where: str, go_on: str) -> str:
    """How many rows a run that was stopped leaves, and what to do about them."""
    left = summary.left
    if not undone and left.may_have_more:
        return f"Every row in the report is done; if the input has more, {go_on}"
    if not undone:
        return f"Every row is done. Report: {where}"
    sent = f", {len(left.unrecorded):,} of them {_unrecorded(summary)}" if left.unrecorded else ""
    more = ", and what was not read" if left.may_have_more else ""
    return f"{number_of(undone, 'row')} not done{sent}{more}; {go_on}"
