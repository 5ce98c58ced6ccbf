"""What can't be asked of `drain`: each is told before anything is read."""

import pytest
from support.cliapp import Call, W

from bulkcancel.models import ExitCode


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name a WORKFLOW, or say --all-workflows."),
        ((W, "--republish"), "--republish undoes what --unpublish did: give both."),
        (("--all-workflows", "--unpublish"), "that would stop every automation there is"),
        ((W, "--older-than", "1h", "--newer-than", "2h", "--newer-than", "30m"), "both older and newer"),
        ((W, "--max-instances", "0"), "--max-instances"),
        ((W, "--status", "ended"), "No such option"),
        (("not-a-uuid",), "is not a UUID"),
        ((W, "--resume"), "--resume needs the report's name"),
    ],
)
def test_what_can_not_be_asked_is_refused(call: Call, words: tuple[str, ...], told: str) -> None:
    """With exit code 2, and nothing was sent."""
    ended = call("drain", *words, "--sandbox", "-y")
    assert ended.code == ExitCode.USAGE
    assert told in ended.err
