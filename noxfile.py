"""The tests on every supported Python, each in an environment of its own."""

import nox

nox.options.default_venv_backend = "venv"


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the default tests."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)
