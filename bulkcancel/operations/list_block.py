"""The parts of a list: pages that are read one after the other, and why one of them could not be."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkcancel.answers import Verdict

if TYPE_CHECKING:
    from bulkcancel.answers import Classification


@dataclass(frozen=True, slots=True)
class ListingProblem:
    """Why a list could not be read to its end.

    Attributes:
        verdict: What the answer meant, or None where it was read and makes no list.
        detail: A sentence for people.
    """

    verdict: Verdict | None
    detail: str


class UnlistedError(Exception):
    """The list can't be read to its end."""

    def __init__(self, problem: ListingProblem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


@dataclass(slots=True)
class Block:
    """Pages that are read one after the other.

    Attributes:
        next: The page to read next.
        stop: The page before which it ends, or None for the end of the list.
        head: The first instance of its first page, or None where that had none.
        began: A time before its first page was asked for.
        ended: When its last page was there.
        met_end: Whether it met the end of the list.
        stale: Pages in a row that held nothing new.
    """

    next: int
    stop: int | None
    head: str | None = None
    began: float = math.inf
    ended: float = 0.0
    met_end: bool = False
    stale: int = 0

    @property
    def is_done(self) -> bool:
        """Whether all of it was read."""
        return self.met_end or (self.stop is not None and self.next >= self.stop)


def problem_of(meaning: "Classification") -> ListingProblem:
    """What an answer says of a list that can't be read."""
    words = meaning.detail or meaning.code
    if meaning.verdict is Verdict.NOT_FOUND:
        return ListingProblem(meaning.verdict, f"there is no such workflow ({words or 404})")
    if meaning.verdict is Verdict.FORBIDDEN or meaning.verdict is Verdict.UNAUTHORIZED:
        words = f"these keys may not read it ({meaning.status}: {words})"
    elif meaning.status is not None:
        words = f"the API answered {meaning.status}: {words}"
    return ListingProblem(meaning.verdict, words)
