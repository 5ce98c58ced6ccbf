"""What running needs: a plain install brings that and no more, and the single file is made of it."""

import importlib.util
from importlib.metadata import requires
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
EXTRAS = ("report", "statsd")  # those that running has
OF_EXTRAS = {"certifi", "charset-normalizer", "datadog", "jinja2", "markupsafe", "requests", "urllib3"}
# Needed below Python 3.13 alone; the list is for every Python.
OF_OLDER_PYTHONS = {"typing-extensions"}


def script(name: str) -> ModuleType:
    """One of the scripts in .ci."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_running_brings_what_is_listed_and_no_more() -> None:
    """By what each installed package says it needs; what develops or releases bulkcancel is not among it."""
    audit = script("audit")
    listed = set(audit.locked())
    assert set(audit.installed(*EXTRAS)) | OF_OLDER_PYTHONS == listed, "make lock"
    assert set(audit.installed()) | OF_OLDER_PYTHONS == listed - OF_EXTRAS


def test_what_is_listed_keeps_to_what_the_package_asks_for() -> None:
    """A new lower bound, as after a hole, comes with a new list."""
    locked = script("audit").locked()
    needed = [Requirement(text) for text in requires("bulkcancel") or ()]
    asked = [
        one
        for one in needed
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in EXTRAS)
    ]
    assert {canonicalize_name(one.name) for one in asked} <= set(locked)
    assert [
        f"{one}: make lock" for one in asked if locked[canonicalize_name(one.name)] not in one.specifier
    ] == []


def test_the_list_of_parts_has_the_libraries_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """No package manager knows of them."""
    monkeypatch.syspath_prepend(ROOT / ".ci")
    found = script("sbom").vendored()
    assert [one["name"] for one in found] == ["datatables.net", "uplot"]
    assert all(one["purl"] == f"pkg:npm/{one['name']}@{one['version']}" for one in found)


def test_a_build_bears_the_date_of_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Or the one that is asked for; or a fixed one, where there is no commit."""
    packages = script("packages")
    monkeypatch.setattr(packages, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert packages.source_date() == "1580601600"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert packages.source_date() == "1700000000"
