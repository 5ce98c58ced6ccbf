"""What summaries tell of runs and of pauses, in words."""

from collections import defaultdict
from typing import TYPE_CHECKING, assert_never

from bulkcancel.events import Endpoint
from bulkcancel.models import StopReason
from bulkcancel.overview.facts import spans_of
from bulkcancel.progress.held import REQUESTS, fault_detail
from bulkcancel.progress.words import duration, end_words, number_of
from bulkcancel.tally import HeldBy

if TYPE_CHECKING:
    from bulkcancel.overview.facts import Overview, Pause, RunSummary
    from bulkcancel.tally import Held

_CAUSES_SAID = 3
_UNKNOWN = "no row began or ended"


def run_sentence(overview: "Overview") -> str:
    """How the run ended, and why it was done; of several, how many they are. Empty where none is known."""
    if not overview.runs:
        return ""
    *earlier, last = overview.runs
    ended = f"ended with {exit_words(last)}."
    if earlier:
        reasons = list(dict.fromkeys(run.reason.rstrip(".") for run in overview.runs if run.reason))
        words = f"There were {number_of(len(overview.runs), 'run')}; the last {ended}"
    else:
        reasons = [last.reason.rstrip(".")] if last.reason else []
        words = f"The run {ended}"
    given = "Reason" if len(reasons) == 1 else "Reasons"
    return f"{words} {given} given: {'; '.join(reasons)}." if reasons else words


def exit_words(run: "RunSummary") -> str:
    """How it ended: `exit code 3, stopped: --max-failures is reached`."""
    code = f"exit code {run.exit_code}"
    if not run.stopped:
        return code
    try:
        why, _, _advice = end_words(StopReason(run.stopped)).partition(";")
    except ValueError:  # a later version's
        why = f"Stopped: {run.stopped.replace('_', ' ')}"
    return f"{code}, {why[0].lower()}{why[1:]}"


def quota_words(run: "RunSummary") -> str:
    """How much of the quota it took at most, or empty."""
    return "" if run.quota_used is None else f"at most {100 * run.quota_used:.0f} % of the quota"


def pause_words(pause: "Pause") -> str:
    """Why it was: `quota used up`; empty where all that is known is that nothing happened."""
    if pause.held is None:
        return "between two runs" if pause.is_between_runs else ""
    detail = pause_detail(pause)
    return f"{_held_words(pause.held)}{f': {detail}' if detail else ''}"


def pause_detail(pause: "Pause") -> str:
    """What the API said in an outage, or why it could not be asked, or empty."""
    return "" if pause.held is None else fault_detail(pause.held.detail, pause.held.status)


def short_pause_words(pause: "Pause") -> str:
    """The same without what a server said, for where little room is; never empty."""
    return _held_words(pause.held) if pause.held is not None else pause_words(pause) or _UNKNOWN


def pause_causes(overview: "Overview") -> str:
    """For how long each cause held requests back, the longest first; empty where none is known."""
    if all(pause.held is None for pause in overview.pauses):
        return ""
    causes: defaultdict[str, list[Pause]] = defaultdict(list)
    for pause in overview.pauses:
        causes[short_pause_words(pause)].append(pause)
    seconds = {words: sum(end - begin for begin, end in spans_of(found)) for words, found in causes.items()}
    longest = sorted(seconds.items(), key=lambda one: -one[1])
    said = [f"{words} {duration(took)}" for words, took in longest[:_CAUSES_SAID]]
    more = len(longest) - len(said)
    return ", ".join([*said, f"{number_of(more, 'other cause')}"] if more else said)


def _held_words(held: "Held") -> str:
    match held.reason:
        case HeldBy.QUOTA:
            words = "quota used up"
        case HeldBy.LIMIT:
            words = "rate limit reached"
        case HeldBy.OUTAGE:
            words = "no answer from the API" if held.status is None else f"API errors ({held.status})"
        case _:
            assert_never(held.reason)
    return words if held.endpoint is Endpoint.CANCEL else f"{REQUESTS[held.endpoint]}: {words}"
