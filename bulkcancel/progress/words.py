"""Counts, durations and ends in words; nothing here prints."""

import math
from typing import TYPE_CHECKING

from bulkcancel.models import Outcome, StopReason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkcancel.tally import LineSet

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST_SPAN = 9_999 * _DAY  # seconds that are told apart
_TEN = 9.95  # from here on, tenths are not shown
_SPANS_SHOWN = 50

_ENDS = {
    StopReason.INTERRUPTED: "Interrupted",
    StopReason.TERMINATED: "Terminated",
    StopReason.REFUSED: "Stopped: the keys were refused",
    StopReason.MISROUTED: "Stopped: the API answered with a redirect; check --site or --base-url",
    StopReason.UNTRUSTED: "Stopped: the API's certificate is not trusted; check the clock and --ca-bundle",
    StopReason.PROXY_REFUSED: "Stopped: the proxy wants a user name and password; put both into HTTPS_PROXY",
    StopReason.UNREACHABLE: "Stopped: the API has not answered for minutes; check the network",
    StopReason.NO_FILES: "Stopped: this process may open no more files; raise its limit (ulimit -n)",
    StopReason.MAX_FAILURES: "Stopped: --max-failures is reached",
    StopReason.MAX_DURATION: "Stopped: --max-duration is over",
    StopReason.REPORT_LOST: "Stopped: the report was lost",
    StopReason.INPUT_LOST: "Stopped: the input can't be read any further",
    StopReason.OWN_FAULT: "Stopped by a fault of bulkcancel's own",
}

#: Where each message has its entry.
TROUBLESHOOTING = "https://github.com/bulkcancel/bulkcancel/blob/main/docs/how-to/troubleshooting.md"
# The entries of ends that a sentence is too short for.
_ENTRIES = {
    StopReason.REFUSED: "stopped-the-keys-were-refused",
    StopReason.MISROUTED: "stopped-the-api-answered-with-a-redirect",
    StopReason.UNTRUSTED: "stopped-the-apis-certificate-is-not-trusted",
    StopReason.PROXY_REFUSED: "stopped-the-proxy-wants-a-user-name-and-password",
    StopReason.UNREACHABLE: "stopped-the-api-has-not-answered-for-minutes",
    StopReason.NO_FILES: "this-process-may-open-no-more-files",
    StopReason.REPORT_LOST: "stopped-the-report-was-lost",
    StopReason.INPUT_LOST: "stopped-the-input-cant-be-read-any-further",
}


def end_words(reason: StopReason) -> str:
    """Why something ended early, as a sentence without its full stop."""
    return _ENDS[reason]


def entry_of(reason: StopReason | None) -> str:
    """Where more is said about that end, as a sentence; empty where there is no more to say."""
    entry = _ENTRIES.get(reason) if reason is not None else None
    return f"More: {TROUBLESHOOTING}#{entry}" if entry else ""


def refused_words(where: str, status: int | None, key: str, permission: str) -> str:
    """Who refused the keys, and what to look at, in the order in which it is likely.

    Args:
        where: The API.
        status: What it answered, or None where that is not known.
        key: The last characters of the application key, or empty where they are nobody's.
        permission: What the keys need for this.
    """
    facts = [str(status)] if status is not None else []
    facts += [f"application key …{key}"] if key else []
    told = f" ({', '.join(facts)})" if facts else ""
    return (
        f"{where} refused the keys{told}. Check: 1. DD_SITE 2. expired or revoked "
        f"3. permission {permission} 4. enabled for the Actions API"
    )


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


def about(seconds: float) -> str:
    """A duration that is an estimate: `45 s`, `8 min`, `2 h 05 min`."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / _MINUTE)
    return f"{minutes} min" if minutes < _MINUTE else f"{minutes // 60:,} h {minutes % 60:02d} min"


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


def lacks_target_words(name: str, target: str) -> str:
    """A report that does not say where it belongs."""
    return (
        f"{name} has rows that do not say which site they belong to, as an earlier version wrote them. "
        f"They are taken to be of {target}."
    )
