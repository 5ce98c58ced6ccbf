"""Settings for all tests: the same examples every time, and no deadlines on busy machines; and the command line."""

from pathlib import Path

import pytest
from cliapp import Call, Ended
from hypothesis import settings

from bulkcancel.cli import main

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Run the command line; gives its exit code and what it wrote."""
    monkeypatch.chdir(tmp_path)
    for name in ("DD_API_KEY", "DD_APP_KEY", "DATADOG_API_KEY", "DATADOG_APP_KEY", "DD_SITE", "DD_READ_ONLY"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: object) -> Ended:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return run
