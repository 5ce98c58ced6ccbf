"""The command line, as tests call it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bulkcancel.models import Outcome
from bulkcancel.report import read_results

SAMPLES = Path(__file__).parents[2] / "samples"
#: A workflow and eight instances that the sandbox knows.
W = str(UUID(int=1 << 127, version=4))
IDS = [str(UUID(int=(1 << 127) + n, version=4)) for n in range(1, 9)]


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


class Shown(io.StringIO):
    """What messages are written to: it is read at once, unless it is full.

    Attributes:
        has_room: Whether there is room for more.
        is_behind: Whether something is still to be written.
    """

    has_room = True
    is_behind = False


Call = Callable[..., Ended]


def outcomes(path: Path | str) -> list[Outcome]:
    """A report's outcomes, by input line."""
    results = sorted(read_results(Path(path)), key=lambda result: result.line)
    return [result.outcome for result in results]


def write(name: str, *instances: str) -> str:
    """An input with those instances."""
    Path(name).write_text("workflow_id,instance_id\n" + "".join(f"{W},{one}\n" for one in instances))
    return name
