"""The command line, as tests call it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bulkcancel.models import Outcome
from bulkcancel.report import read_results

SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line on standard error."""
        return self.err.splitlines()[-1]


Call = Callable[..., Ended]


def outcomes(path: Path | str) -> list[Outcome]:
    """A report's outcomes, by input line."""
    results = sorted(read_results(Path(path)), key=lambda result: result.line)
    return [result.outcome for result in results]
