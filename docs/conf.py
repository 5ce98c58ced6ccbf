"""How the documentation becomes a site: `make docs`, strictly, and without the network."""

import re
from typing import TYPE_CHECKING

from bulkcancel._version import __version__
from bulkcancel.cli.command import WithSections, lines_of
from bulkcancel.cli.exit_codes import rows_of

if TYPE_CHECKING:
    import click
    from sphinx.application import Sphinx

_WIDTH = 90  # of the examples' lines
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
html_static_path = ["_static"]
html_js_files = ["opened_from_a_file.js"]
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


def in_sections(_app: object, ctx: "click.Context", lines: list[str]) -> None:
    """Set a command's options under the titles of its help."""
    command = ctx.command
    assert isinstance(command, WithSections)  # noqa: S101 - all of ours are
    text = "\n".join(lines)
    entries = {re.match(r"-+[\w-]+", entry)[0]: entry for entry in text.split(".. option:: ")[1:]}  # type: ignore[index] # each begins with its name
    lines.clear()
    for title, options in command.options_by_section(ctx).items():
        shown = [entries.pop(name) for one in options if (name := one.opts[0]) in entries]  # not --help
        lines += [f".. rubric:: {title}", ""] if shown else []
        for entry in shown:
            lines += [*f".. option:: {entry}".splitlines(), ""]
    assert not entries  # noqa: S101 - nothing is left out


def at_the_end(_app: object, ctx: "click.Context", lines: list[str]) -> None:
    """Set examples and exit codes where the help has them."""
    command = ctx.command
    assert isinstance(command, WithSections)  # noqa: S101 - all of ours are
    examples = [line for example in command.examples for line in lines_of(example, _WIDTH)]
    lines[:] = [".. rubric:: Examples", "", ".. code-block:: sh", ""]
    lines += [f"   {line}" for line in examples]
    lines += ["", ".. rubric:: Exit codes", ""]
    lines += [".. list-table::", "   :widths: 1 9", ""]
    for codes, meaning in rows_of(command.exit_codes):
        lines += [f"   * - {codes}", f"     - {meaning}"]
    lines += [""]


def setup(app: "Sphinx") -> None:
    """Tell Sphinx of it."""
    app.connect("sphinx-click-process-options", in_sections)
    app.connect("sphinx-click-process-epilog", at_the_end)
    app.connect("autodoc-process-docstring", mark_code, priority=0)
    app.connect("autodoc-skip-member", leave_out)
