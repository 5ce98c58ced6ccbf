"""How the documentation becomes a site: `make docs`, strictly, and without the network."""

import re
from typing import TYPE_CHECKING

from bulkcancel._version import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_CODE = re.compile(r"(?<![`:])`([^`]+)`(?!`)")

project = "bulkcancel"
author = "The bulkcancel maintainers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]
exclude_patterns = ["_build"]
# The headings that links lead to, as GitHub names them: a page reads there as it does here.
myst_heading_anchors = 3
# An option's two dashes stay two dashes.
smartquotes = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autoclass_signature = "mixed"
napoleon_use_ivar = True
python_use_unqualified_type_names = True
# Types of Python's own, which the network alone could resolve, and ours that are not exported.
nitpick_ignore_regex = [("py:.*", r".*")]

html_theme = "furo"
html_title = "bulkcancel"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


def leave_out(_app: object, _what: str, _name: str, member: object, skip: bool, _options: object) -> bool:  # noqa: FBT001 - Sphinx's signature
    """Whether a member says nothing: a named tuple's field stands among the attributes already."""
    return skip or str(getattr(member, "__doc__", "")).startswith("Alias for field number")


def mark_code(
    _app: object, _what: str, _name: str, _object: object, _options: object, lines: list[str]
) -> None:
    """Have what a docstring sets in single backticks, as we write it, be code here too."""
    lines[:] = [_CODE.sub(r"``\1``\\ ", line) for line in lines]


def setup(app: "Sphinx") -> None:
    """Tell Sphinx of it."""
    app.connect("autodoc-process-docstring", mark_code, priority=0)
    app.connect("autodoc-skip-member", leave_out)
