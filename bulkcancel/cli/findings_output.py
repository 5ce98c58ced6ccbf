"""How findings are written to standard output: a line for each as it is made, or one JSON document."""

import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

from bulkcancel.cli.streams import is_terminal, write_data
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkcancel.operations.findings import Finding

_SCHEMA_VERSION = 1
_LABEL_WIDTH = 15
_LONGEST = 2_000  # characters of a line
_NARROWEST = 40


def show_finding(finding: "Finding") -> None:
    """Write one thing's line, and below it what to do; wrapped where a person reads it."""
    width = max(_NARROWEST, shutil.get_terminal_size().columns) if is_terminal(sys.stdout) else _LONGEST
    label = f"{finding.status.value:<5} {finding.name.label:<{_LABEL_WIDTH}} "
    indent = " " * len(label)
    write_data(_wrapped(finding.detail, width, label, indent))
    if finding.remedy:
        write_data(_wrapped(finding.remedy, width, f"{indent}-> ", f"{indent}   "))


def _wrapped(text: str, width: int, first: str, other: str) -> str:
    return textwrap.fill(
        printable(text, _LONGEST),
        width,
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    )


def show_document(findings: "Iterable[Finding]", *, site: str, is_ok: bool) -> None:
    """Write all of them as one JSON document.

    Raises:
        ConfigurationError: It can't be written.
    """
    document = {
        "schema_version": _SCHEMA_VERSION,
        "site": site,
        "ok": is_ok,
        "findings": [
            {
                "name": finding.name.value,
                "status": finding.status.value,
                "detail": finding.detail,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
    }
    write_data(json.dumps(document, indent=2))
