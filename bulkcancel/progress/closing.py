"""The last words of a run: what came of it, why not all of it, and what to do next. Nothing here prints."""

from typing import TYPE_CHECKING

from bulkcancel.hints import hint_for
from bulkcancel.models import CLEAN
from bulkcancel.progress.words import counts_of, duration, end_words, entry_of, lines_of, number_of

if TYPE_CHECKING:
    from bulkcancel.tally import ReportLoss, Summary

_CAUSES_SHOWN = 5
_WORKFLOWS_SHOWN = 3
_SLOW = 1.0  # seconds for a row: less is no news
_WORTH_SAYING = 0.01
_LEAST_PERCENT, _MOST_PERCENT = 0.01, 99.0  # of a share that is neither nothing nor all


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
    go_on = f"Continue: {resume}" if resume else "Run again with -o FILE to be able to continue"
    more = filter(None, [entry_of(summary.stop)])
    return [*lines, *_causes(summary), *_workflows(summary), *more, _last(summary, where, go_on, cause)]


def _causes(summary: "Summary") -> list[str]:
    """Why rows are not canceled, most frequent first, each with what to do and one row of it."""
    lines = []
    for code, count in list(summary.errors.items())[:_CAUSES_SHOWN]:
        outcome = summary.causes.get(code)
        hint = "" if outcome is None else hint_for(outcome, code)
        lines.append(f"{code} ({count:,}): {f'{hint} E.g. ' if hint else ''}{summary.examples[code]}")
    more = len(summary.errors) - len(lines)
    return [*lines, f"and {number_of(more, 'more cause')}: the report has them"] if more else lines


def _workflows(summary: "Summary") -> list[str]:
    """Which workflows failed most and which took longest, where there are several."""
    counts = summary.workflows
    failing = [
        f"{one.workflow_id} ({one.failed:,} of {one.sent:,})" for one in counts.most_failing(_WORKFLOWS_SHOWN)
    ]
    found = counts.slowest(_WORKFLOWS_SHOWN)
    slowest = [f"{one.workflow_id} ({duration(one.seconds)} each)" for one in found if one.seconds >= _SLOW]
    lines = [f"Most failures: {', '.join(failing)}"] if failing and found else []
    lines += [f"Slowest workflows: {', '.join(slowest)}"] if slowest else []
    return lines if counts.is_whole else [f"{line}; of those met first" for line in lines]


def _spent(summary: "Summary") -> str:
    words = f"{number_of(summary.requests, 'request')} in {duration(summary.duration)}"
    if summary.throttled:
        words += f", {summary.throttled:,} throttled ({_percent(summary.throttled, summary.requests)})"
    else:
        words += ", none throttled"
    if summary.paused:
        words += f"; paused {duration(summary.paused)}"
    if summary.quota_used is not None and summary.quota_used >= _WORTH_SAYING:
        words += f"; at most {100 * summary.quota_used:.0f} % of a quota window used"
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
        unrecorded = _unrecorded(summary) or "every row that was sent had been recorded"
        lost = f"{_lost(summary.loss)} Nothing more was sent; {unrecorded}."
        return f"{lost} When the report can be written again, {_begun_small(go_on)}"
    if summary.stop is not None:
        return f"{cause or f'{end_words(summary.stop)}.'} {_not_done(summary, undone, where, go_on)}"
    if left.is_limited and (undone or left.may_have_more):
        return _canary(summary, undone, go_on)
    if not summary.rows:
        return f"Nothing to do: the input has no rows. Report: {where}"
    if undone:
        gone = f", {left.gone:,} of them no longer in the input" if left.gone else ""
        return f"Finished: {number_of(undone, 'row')} not done{gone}. {go_on}"
    look = summary.rows - sum(summary.outcomes[outcome] for outcome in CLEAN)
    if look:
        return f"Finished: {number_of(look, 'row')} not canceled. The report says why: {where}"
    return f"Done: nothing is left to cancel. Report: {where}"


def _canary(summary: "Summary", undone: int, go_on: str) -> str:
    if summary.left.may_have_more:
        done = counts_of(summary.outcomes)
        return f"Canary done: {done}. If the input has more, {_begun_small(go_on)}"
    count, done = (counts_of(summary.outcomes) or "0 canceled").split(" ", 1)
    rows = summary.rows + summary.left.unreported
    remain = f"{undone:,} remain{'s' * (undone == 1)}"
    return f"Canary done: {count} of {rows:,} {done}, {remain}. {go_on}"


def _begun_small(go_on: str) -> str:
    return f"{go_on[:1].lower()}{go_on[1:]}"


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
    return f"sent and not recorded: {lines_of(unrecorded)}" if unrecorded else ""


def _not_done(summary: "Summary", undone: int, where: str, go_on: str) -> str:
    """How many rows a run that was stopped leaves, and what to do about them."""
    left = summary.left
    if not undone and left.may_have_more:
        return f"Every row in the report is done. If the input has more, {_begun_small(go_on)}"
    if not undone:
        return f"Every row is done. Report: {where}"
    sent = f", {len(left.unrecorded):,} of them {_unrecorded(summary)}" if left.unrecorded else ""
    more = ", and what was not read" if left.may_have_more else ""
    return f"{number_of(undone, 'row')} not done{sent}{more}. {go_on}"
