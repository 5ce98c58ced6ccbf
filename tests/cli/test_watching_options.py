"""Who watches from afar, as it is typed."""

from pathlib import Path

import pytest
from support.cliapp import IDS, Call, write

from bulkcancel.cli.watching_options import WatchingOptions, agent_address
from bulkcancel.models import ExitCode


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, None),
        ("", "localhost:8125"),
        ("true", "localhost:8125"),
        ("1", "localhost:8125"),
        ("false", None),
        ("10.0.0.1:18125", "10.0.0.1:18125"),
        ("unix:///run/dsd", "unix:///run/dsd"),
    ],
)
def test_the_agent_may_be_left_to_the_environment(text: str | None, shown: str | None) -> None:
    """As a variable, the option has to say yes somehow."""
    found = agent_address(text)
    assert (None if found is None else found.shown) == shown


def test_a_command_is_read_as_words() -> None:
    """With quotes as in a shell, and no shell."""
    options = WatchingOptions.of(
        {"statsd": None, "event": False, "notify_command": "sh -c 'echo $HOME; true' \"a b\""}
    )
    assert options.notify_command == ("sh", "-c", "echo $HOME; true", "a b")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--notify-command", "say 'it"), "--notify-command can't be read: No closing quotation"),
        (("--notify-command", " "), "--notify-command is empty"),
        (("--notify-command", "no-such-program | mail"), "there is no program 'no-such-program'"),
        (("--statsd", "in.csv"), "neither HOST:PORT nor unix:///PATH. If it is the INPUT"),
    ],
)
@pytest.mark.parametrize("command", ["run", "drain"])
def test_what_can_not_watch_is_refused(call: Call, command: str, words: tuple[str, ...], told: str) -> None:
    """With exit code 2, before anything is sent or written."""
    given = [write("in.csv", *IDS[:1])] if command == "run" else ["--all-workflows"]
    ended = call(command, *given, "--sandbox", "-y", "-o", "r.csv", *words)
    assert ended.code == ExitCode.USAGE
    assert told in ended.err
    assert not Path("r.csv").exists()
