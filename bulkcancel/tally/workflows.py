"""Which workflows are slow, and which fail."""

from typing import Any, NamedTuple

from bulkcancel.text import printable

_MOST = 1_000  # workflows that are counted: an input may name as many as it has rows
_MOST_NAMED = 20  # of those in a summary
_LONGEST_ID = 128


class WorkflowCount(NamedTuple):
    """What came of one workflow's rows.

    Attributes:
        workflow_id: The workflow.
        sent: Its rows that were sent and have an outcome.
        failed: How many of them count against `--max-failures`.
        seconds: How long each took on average, from its first request to its outcome.
    """

    workflow_id: str
    sent: int
    failed: int
    seconds: float


class WorkflowCounts:
    """Running counts by workflow, in bounded memory: of a thousand, those that were met first.

    Attributes:
        is_whole: Whether all that were met are counted.
    """

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}  # sent, failed, milliseconds
        self.is_whole = True

    def add(self, workflow_id: str, milliseconds: int, *, is_failed: bool) -> None:
        """Count a row that was sent."""
        counts = self._counts.get(workflow_id)
        if counts is None:
            if len(self._counts) >= _MOST:
                self.is_whole = False
                return
            counts = self._counts[workflow_id] = [0, 0, 0]
        counts[0] += 1
        counts[1] += is_failed
        counts[2] += milliseconds

    def most_failing(self, count: int) -> list[WorkflowCount]:
        """Those with the most rows that failed, worst first; none that has no such row."""
        failing = [one for one in self._all() if one.failed]
        return sorted(failing, key=lambda one: (-one.failed, one.workflow_id))[:count]

    def slowest(self, count: int) -> list[WorkflowCount]:
        """Those whose rows take the longest, slowest first; none where there is only one."""
        found = self._all()
        if len(found) == 1:
            return []
        return sorted(found, key=lambda one: (-one.seconds, one.workflow_id))[:count]

    def as_dict(self) -> dict[str, Any]:
        """Their JSON form, as in a summary: how many there are, and the most failing."""
        return {
            "counted": len(self._counts),
            "are_all": self.is_whole,
            "most_failing": [
                {
                    "workflow_id": printable(one.workflow_id, _LONGEST_ID),
                    "sent": one.sent,
                    "failed": one.failed,
                    "average_s": round(one.seconds, 3),
                }
                for one in self.most_failing(_MOST_NAMED)
            ],
        }

    def ids(self) -> list[str]:
        """Their ids, those with the most rows first."""
        return sorted(self._counts, key=lambda one: (-self._counts[one][0], one))

    def _all(self) -> list[WorkflowCount]:
        return [
            WorkflowCount(workflow_id, sent, failed, milliseconds / sent / 1_000)
            for workflow_id, (sent, failed, milliseconds) in self._counts.items()
        ]
