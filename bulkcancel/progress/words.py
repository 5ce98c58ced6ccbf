"""Counts and ends of runs in words; nothing here prints."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bulkcancel.events import Endpoint
from bulkcancel.models import CLEAN, Outcome, StopReason

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from bulkcancel.events import Paused
    from bulkcancel.tally import LineSet, ReportLoss, Summary

_MINUTE, _HOUR = 60, 3600
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


def pause_words(pause: "Paused", down_since: float | None, now: float, wall: float) -> str:
    """Why nothing is sent and until when, by the clock on the wall; or what rate is kept to and why.

    Args:
        pause: What holds requests back.
        down_since: When an outage began, or None where there is none.
        now: The time that the two above are compared with.
        wall: The same moment in seconds since the epoch.
    """
    what = "" if pause.endpoint is Endpoint.CANCEL else "reads "
    if pause.rate is not None:
        return f"{what}at {rate_words(pause.rate)}: {pause.reason}"
    left = max(0.0, pause.until - now)
    until = datetime.fromtimestamp(wall + left, UTC).astimezone()
    since = "" if down_since is None else f", for {duration(now - down_since)} now; then a probe asks again"
    return f"{what}paused until {until:%H:%M:%S} ({duration(left)}): {pause.reason}{since}"


def rate_words(rate: float) -> str:
    """Requests per second, minute or hour, whichever makes a number one can picture."""
    for seconds, unit in ((1, "s"), (_MINUTE, "min")):
        if rate * seconds >= 1.0:
            return f"{rate * seconds:.3g}/{unit}"
    return f"{rate * _HOUR:.3g}/h"


def status_line(outcomes: "Counter[Outcome]", total: int | None, held: str) -> str:
    """One line on how far an operation is.

    Args:
        outcomes: Rows by outcome.
        total: The rows there are, or None where that is not known.
        held: What holds requests back, in words, or empty.
    """
    of_total = f" of {total:,}" if total is not None else ""
    return " · ".join(filter(None, (f"{outcomes.total():,}{of_total} rows", counts_of(outcomes), held)))


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
