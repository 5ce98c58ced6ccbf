"""What is written to standard error, and how."""

import json

from support.cliapp import Shown
from support.faketime import FakeClock

from bulkcancel.progress.log_events import LogEvent
from bulkcancel.progress.messages import LogFormat, Messages


def test_messages_have_levels() -> None:
    """Quiet, usual and verbose, as text or JSON."""
    clock = FakeClock()
    for quiet, verbose, want in ((True, False, "wl"), (False, False, "iwl"), (False, True, "diwl")):
        stream = Shown()
        messages = Messages(stream, clock, quiet=quiet, verbose=verbose)
        messages.detail(LogEvent.NOTE, "d")
        messages.info(LogEvent.NOTE, "i")
        messages.warning(LogEvent.NOTE, "w")
        messages.last(LogEvent.NOTE, "l")
        assert stream.getvalue().replace("\n", "") == want
    stream = Shown()
    Messages(stream, clock, run_id="r", log_format=LogFormat.JSON).info(LogEvent.NOTE, "hello", rows=3)
    assert json.loads(stream.getvalue()) == {
        "time": "2027-01-15T08:16:40.000Z",
        "level": "info",
        "event": "note",
        "run_id": "r",
        "message": "hello",
        "rows": 3,
    }


def test_messages_that_find_no_room_are_counted() -> None:
    """They are not waited for; the next that is written says how many were left out. The last words stay."""
    stream = Shown()
    messages = Messages(stream, FakeClock(), verbose=True)
    stream.has_room = False
    for _ in range(3):
        messages.detail(LogEvent.NOTE, "d")
    stream.has_room = True
    messages.info(LogEvent.NOTE, "i")
    stream.has_room = False
    messages.warning(LogEvent.NOTE, "w")
    messages.last(LogEvent.NOTE, "l")
    left_out = "messages were left out here: nobody was reading standard error."
    assert stream.getvalue().splitlines() == [f"3 {left_out}", "i", f"1 {left_out}", "l"]
