"""The standard streams."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bulkcancel.cli.streams import is_aside, is_terminal


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


def test_what_goes_to_a_file_is_aside_of_the_terminal(tmp_path: Path) -> None:
    """Not what goes to the terminal itself, nor into a pipe, behind which another command may draw."""
    near, far = os.openpty()
    out, into = os.pipe()
    file, null = os.open(tmp_path / "file", os.O_CREAT | os.O_WRONLY), os.open(os.devnull, os.O_WRONLY)
    assert [is_aside(fd) for fd in (far, into, file, null)] == [False, False, True, True]
    for fd in (near, far, out, into, file, null):
        os.close(fd)
    assert is_aside(file)  # closed: nothing appears anywhere
