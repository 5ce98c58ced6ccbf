"""How the documentation becomes a site: `make docs`, strictly, and without the network."""

from bulkcancel._version import __version__

project = "bulkcancel"
author = "The bulkcancel maintainers"
release = version = __version__

extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
# The headings that links lead to, as GitHub names them: a page reads there as it does here.
myst_heading_anchors = 3

html_theme = "furo"
html_title = "bulkcancel"
html_copy_source = False
html_show_sphinx = False
