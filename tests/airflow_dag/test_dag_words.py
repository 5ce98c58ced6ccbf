"""What the sample DAG runs is what our commands take: seen without Airflow, so that a renamed option is noticed."""

import re
from importlib import import_module

from support.cliapp import SAMPLES

from bulkcancel.cli.program import COMMANDS

DAG = (SAMPLES / "airflow" / "bulkcancel_nightly.py").read_text(encoding="utf-8")


def test_the_dag_uses_options_that_there_are() -> None:
    """Of the commands that it runs."""
    options = {
        option
        for name in ("find", "run", "report")
        for parameter in import_module(COMMANDS[name][0]).command.params
        for option in parameter.opts
    }
    used = set(re.findall(r'"(-[a-z]|--[a-z][a-z-]+)"', DAG)) - {"--pdeathsig"}  # is setpriv's
    assert len(used) > 10
    assert used <= options
