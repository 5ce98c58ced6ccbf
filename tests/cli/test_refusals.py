"""What is refused before a command begins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.children import MAIN
from support.cliapp import IDS, Call, write

from bulkcancel.cli.refusals import refuse_keys_as_options, refuse_misspelled_variables
from bulkcancel.errors import ConfigurationError


@pytest.mark.parametrize(
    ("word", "is_refused"),
    [
        ("--api-key", True),
        ("--app-key=x", True),
        ("-DDApplicationKey", True),
        ("DD_API_KEY=x", True),
        ("datadog_app_key=x", True),
        ("--keys-file", False),
        ("api-key.csv", False),
        ("DD_API_KEY", False),
    ],
)
def test_a_word_that_holds_or_asks_for_a_key_is_refused(word: str, *, is_refused: bool) -> None:
    """Whatever name somebody tries, and without repeating it; a file may be called like one."""
    try:
        refuse_keys_as_options(["run", word])
    except ConfigurationError as error:
        assert is_refused
        assert word not in str(error)  # noqa: PT017 - also that nothing is raised is wanted here
    else:
        assert not is_refused


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("BULKCANCEL_DRYRUN", "BULKCANCEL_DRY_RUN"),
        ("BULKCANCEL_YESS", "BULKCANCEL_YES"),
        ("BULKCANCEL_DRY_RUN", None),
        ("BULKCANCEL_HOME", None),
    ],
)
def test_a_variable_that_is_almost_an_option_is_refused(variable: str, meant: str | None) -> None:
    """It would be without effect, and nobody would know."""
    options = {"dry_run", "yes", "limit"}
    if meant is None:
        refuse_misspelled_variables([variable], options)
        return
    with pytest.raises(ConfigurationError, match=f"did you mean {meant}"):
        refuse_misspelled_variables([variable], options)


@pytest.mark.parametrize(
    "command", [["run", "in.csv", "--sandbox", "-y", "-o", "r.csv"], ["sandbox", "--port", "0"]]
)
@pytest.mark.parametrize("name", ["none/keys.log", ".", "fifo"])
def test_a_key_log_that_cannot_be_written_is_said(
    call: Call, monkeypatch: pytest.MonkeyPatch, command: list[str], name: str
) -> None:
    """Python's TLS opens it as the network library is imported; nothing is begun then."""
    write("in.csv", *IDS)
    os.mkfifo("fifo")
    monkeypatch.setenv("SSLKEYLOGFILE", name)
    ended = call(*command)
    assert (
        ended.code,
        ended.last.startswith(f"SSLKEYLOGFILE in the environment names {name}, which can't be"),
    ) == (2, True)
    assert not Path("r.csv").exists()


@pytest.mark.slow
def test_a_key_log_that_can_be_written_is_left_alone(call: Call) -> None:
    """In a process of its own, which imports the network library with it."""
    assert call("--version").code == 0
    words = ["run", write("in.csv", *IDS), "--sandbox", "-y", "-o", "r.csv"]
    for name, want in (("none/keys.log", 2), ("keys.log", 0)):
        environ = {**os.environ, "SSLKEYLOGFILE": name}
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *words], env=environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "fault of its own" in done.stderr) == (want, False)
