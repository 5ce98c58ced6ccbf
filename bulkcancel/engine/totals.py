"""How many rows a report is to have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows a report is to have; None where that is not known beforehand.

    Attributes:
        due: When this run ends.
        in_all: When all of the input is in it: the setting `limit` leaves some of it for later.
    """

    due: int | None = None
    in_all: int | None = None
