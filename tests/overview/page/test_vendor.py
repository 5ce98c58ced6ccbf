"""The libraries that the page ships."""

import re
from hashlib import sha256
from importlib import resources

VENDOR = resources.files("bulkcancel.overview.page").joinpath("vendor")
README = VENDOR.joinpath("README.md").read_text(encoding="utf-8")


def test_each_file_is_as_its_maintainers_published_it() -> None:
    """By the sums in the table, which names every file there is."""
    listed = dict(re.findall(r"^\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|$", README, re.MULTILINE))
    found = {one.name: one for one in VENDOR.iterdir() if one.name != "README.md"}
    assert set(listed) == set(found)
    assert {name: sha256(one.read_bytes()).hexdigest() for name, one in found.items()} == listed


def test_each_library_has_its_licence_and_its_version() -> None:
    """Beside it, and in its first lines."""
    for name, version in re.findall(r"^\| `(\w+)\.min\.js` \|[^|]*\| ([\d.]+) \|", README, re.MULTILINE):
        assert "Permission is hereby granted" in VENDOR.joinpath(f"{name}.LICENSE.txt").read_text(
            encoding="utf-8"
        )
        assert version in VENDOR.joinpath(f"{name}.min.js").read_text(encoding="utf-8")[:200]


def test_no_script_can_end_its_own_element() -> None:
    """They stand in the page as they are."""
    scripts = [one.read_text(encoding="utf-8") for one in VENDOR.iterdir() if one.name.endswith(".js")]
    scripts.append(VENDOR.joinpath("../page.js").read_text(encoding="utf-8"))
    assert len(scripts) == 3
    for script in scripts:
        assert "</script" not in script.lower()
        assert "<!--" not in script
