"""What can be told is a closed set of frozen types."""

import inspect
from dataclasses import fields, is_dataclass
from typing import Any, get_args

from bulkcancel import events


def test_the_set_of_events_is_closed() -> None:
    """Every type in the file but the words they are made of is one, and no other is."""
    words = {events.Endpoint, events.Concern, events.Observer}
    found = {
        one for _, one in inspect.getmembers(events, inspect.isclass) if one.__module__ == events.__name__
    }
    assert set(get_args(events.Event)) == found - words


def test_no_event_can_be_changed() -> None:
    """Each observer sees what the others saw."""
    for event in get_args(events.Event):
        made: Any = event
        assert issubclass(event, tuple) or (is_dataclass(event) and made.__dataclass_params__.frozen)


def test_every_event_says_what_its_fields_are() -> None:
    """In its docstring, by name."""
    for event in get_args(events.Event):
        names = event._fields if issubclass(event, tuple) else [field.name for field in fields(event)]
        documented = inspect.getdoc(event) or ""
        for name in names:
            assert f"    {name}: " in documented or len(names) == 1, f"{event.__name__}.{name}"
