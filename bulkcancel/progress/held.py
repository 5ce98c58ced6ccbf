"""Why nothing is sent and until when, in words."""

import math
import re
from datetime import UTC, datetime
from http.client import responses as phrases
from typing import TYPE_CHECKING

from bulkcancel.events import Endpoint
from bulkcancel.pacing import WaitReason
from bulkcancel.progress.words import rate_words, span

if TYPE_CHECKING:
    from bulkcancel.events import OutageBegan, Paused

_MINUTE = 60.0
_LONGEST = 365.0 * 86400.0  # seconds that a calendar is asked for
_CLASS = re.compile(r"^[A-Z]\w*(Error|Exception): ")  # of Python's, which says nothing to a person
_UNTIL = {
    WaitReason.QUOTA.value: "quota used up, next window",
    WaitReason.REFUSED.value: "rate limit reached, asking again",
}
_AT_A_RATE = {
    WaitReason.RATE.value: "by --rate",
    WaitReason.PACE.value: "as the rate limit allows",
}
#: What requests are about, for a person.
REQUESTS = {
    Endpoint.CANCEL: "cancels",
    Endpoint.READ: "reads of instances",
    Endpoint.LIST: "lists of instances",
    Endpoint.LIST_WORKFLOWS: "list of workflows",
    Endpoint.READ_WORKFLOW: "reads of workflows",
    Endpoint.PUBLISH: "changes of workflows",
}


def held_words(pause: "Paused | None", outage: "OutageBegan | None", *, now: float, wall: float) -> str:
    """Why requests are held back and until when, or what rate is kept to and why.

    Args:
        pause: What holds them back, or None where one is under way to find out.
        outage: The outage that goes on, or None.
        now: The time that the two above are compared with.
        wall: The same moment in seconds since the epoch.
    """
    when = "now" if pause is None else until_words(pause.until - now, wall)
    if outage is not None:
        return f"{fault_words(outage, now)}, asking again {when}"
    if pause is None:
        return ""
    if pause.rate is not None:
        return f"{rate_words(pause.rate)} {_AT_A_RATE.get(pause.reason, pause.reason)}"
    return f"{_UNTIL.get(pause.reason, f'{pause.reason}, going on')} {when}"


def fault_words(outage: "OutageBegan", now: float) -> str:
    """What an outage is like, and for how long: `API errors for 12 s (503)`."""
    seconds = now - outage.since
    lasted = f" for {span(seconds)}" if seconds >= 1.0 else ""
    if outage.status is None:
        return f"no answer from the API{lasted}"
    return f"API errors{lasted} ({outage.status})"


def fault_detail(detail: str, status: int | None) -> str:
    """What a failure said beyond its status, or empty."""
    said = _CLASS.sub("", detail)
    return "" if said.lower() in {"", "http_5xx", phrases.get(status or 0, "").lower()} else said


def until_words(seconds: float, wall: float) -> str:
    """When something is due: `in 2 s`, `in 4:20 (14:05:10)`; by the clock on the wall where it takes long.

    Args:
        seconds: Until then.
        wall: The time, in seconds since the epoch.
    """
    if seconds <= 0.0:
        return "now"
    if seconds == math.inf or seconds > _LONGEST:
        return "later"
    words = f"in {span(math.ceil(seconds))}"
    if seconds < _MINUTE:
        return words
    return f"{words} ({datetime.fromtimestamp(wall + seconds, UTC).astimezone():%H:%M:%S})"
