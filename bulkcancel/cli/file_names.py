"""Names of files with the day or the run's id in them: no job needs a shell for that."""

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulkcancel.cli.invocation import Invocation

# What begins with a letter is meant as a placeholder; other braces stand for themselves.
_WORD = r"\{([a-z][^{}]*)\}"
_IN_BRACES = re.compile(rf"\{{{_WORD}\}}|{_WORD}", re.IGNORECASE | re.ASCII)
_LIKE_A_PLACEHOLDER = re.compile(_WORD, re.IGNORECASE | re.ASCII)
_LONGEST_SHOWN = 40

#: For the help of an option that takes them.
FILLED_IN = "{date}, {time} and {run_id} are filled in."
#: The placeholders whose value is another one at each run.
NEW_EACH_TIME = frozenset({"run_id", "time"})


class UnknownPlaceholderError(ValueError):
    """A name has a placeholder that does not exist; the text says which ones do."""


@dataclass(frozen=True, slots=True)
class FileName:
    """The name of a file, for this run.

    Attributes:
        typed: The name as typed.
        text: The same, its placeholders filled in.
        filled: Those placeholders.
    """

    typed: str
    text: str
    filled: frozenset[str] = frozenset()


def fill_in(typed: str, invocation: "Invocation") -> FileName:
    """Fill in a name's placeholders: `{date}` and `{time}`, in UTC, and `{run_id}`.

    `{{date}}` stands for `{date}` itself.

    Args:
        typed: The name as typed.
        invocation: The run it is for: all its names have the moment at which it began.

    Raises:
        UnknownPlaceholderError: There is no such placeholder.
    """
    if not _IN_BRACES.search(typed):
        return FileName(typed, typed)
    began = datetime.fromtimestamp(invocation.began_at, UTC)
    known = {"date": f"{began:%Y-%m-%d}", "time": f"{began:%H%M%S}Z", "run_id": invocation.run_id}
    filled: set[str] = set()

    def value_of(found: re.Match[str]) -> str:
        itself, word = found.groups()
        if itself is not None:
            return f"{{{itself}}}"
        if word not in known:
            shown = word[:_LONGEST_SHOWN]
            raise UnknownPlaceholderError(
                f"{{{shown}}} is no placeholder; there are {{date}}, {{time}} and {{run_id}}. A name that "
                f"has such braces itself is written {{{{{shown}}}}}."
            )
        filled.add(word)
        return known[word]

    text = _IN_BRACES.sub(value_of, typed)
    return FileName(typed, text, frozenset(filled))


def given(typed: str, invocation: "Invocation") -> FileName:
    """The same for a file that is read: where there is one of that very name, it is meant."""
    return FileName(typed, typed) if os.path.lexists(typed) else fill_in(typed, invocation)


def with_real_name(invocation: "Invocation", name: FileName | None) -> "Invocation":
    """What was typed, with the file itself in it: whoever pastes the words tomorrow means today's."""
    if name is None or not name.filled:
        return invocation
    words = [name.text if word == name.typed else word for word in invocation.words]
    return replace(invocation, words=words)


def spelled(name: str) -> str:
    """A file's own name as an option takes it: what looks like a placeholder in it stands for itself."""
    return _LIKE_A_PLACEHOLDER.sub(r"{{\1}}", name)
