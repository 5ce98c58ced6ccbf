"""Settings for all tests: the same surroundings and examples every time, no deadlines; and the command line."""

from pathlib import Path

import pytest
from hypothesis import Phase, settings
from support.children import forget_surroundings
from support.cliapp import Call, Ended
from support.logs import check_log, is_logged

from bulkcancel.cli.program import main

forget_surroundings()
settings.register_profile("steady", derandomize=True, deadline=None)
# Chosen by `make mutants`, where to know that a test failed is enough: the smallest example is of no use.
settings.register_profile("mutants", settings.get_profile("steady"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("steady")


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """Run the command line; gives its exit code and what it wrote."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ended:
        capfd.readouterr()
        code = main([str(word) for word in words])
        out, err = capfd.readouterr()
        if is_logged(words):
            check_log(err, code)
        return Ended(code, out, err)

    return run
