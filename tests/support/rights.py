"""A process without root's rights: permissions hold for it, as for nearly everybody."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

NOBODY = 65534


@contextmanager
def without_rights() -> Iterator[None]:
    """Meanwhile this process is nobody, if it was root. What it imports must be there already."""
    if os.geteuid():
        yield
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def give_away(path: str | os.PathLike[str]) -> None:
    """Make a file nobody's, where this process is root."""
    if not os.geteuid():
        os.chown(path, NOBODY, NOBODY)
