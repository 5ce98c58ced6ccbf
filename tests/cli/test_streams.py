"""The standard streams."""

import io
import os
import subprocess
import sys

import pytest

from bulkcancel.cli.streams import is_terminal


def test_a_person_is_at_a_terminal_alone() -> None:
    """Not behind a pipe, nor where there is no stream, or one that is closed."""
    outer, inner = os.openpty()
    with os.fdopen(outer, "wb"), os.fdopen(inner, "w") as terminal:
        assert is_terminal(terminal)
    assert not is_terminal(terminal)
    assert not is_terminal(io.StringIO())
    assert not is_terminal(None)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_what_is_opened_next_is_never_a_standard_stream(closed: str) -> None:
    """Else a message would go into the report."""
    code = "from bulkcancel.cli.streams import fill_closed_streams as f; f(); import os; os._exit(os.open('/', 0))"
    done = subprocess.run(["/bin/sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, code], check=False)
    assert done.returncode > 2
