"""The sandbox's instances: which there are, what state each is in, and what was asked of it."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import UUID

from bulkcancel.sandbox.options import Scenario

if TYPE_CHECKING:
    from bulkcancel.sandbox.options import SandboxOptions

#: Instance ids that begin like this are unknown to every sandbox.
UNKNOWN_PREFIX = "00000000-"

_LISTED_PER_WORKFLOW = 25
_WORKFLOWS = 3
_SHARE_FINISHED = 0.4
_STARTED_BEFORE = 600.0


def chance(*parts: object) -> float:
    """A number from 0.0 to 1.0 that the parts alone decide, the same on every machine."""
    digest = blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


@dataclass(slots=True)
class Record:
    """What the sandbox was asked and what it answered.

    Attributes:
        statuses: Replies to cancel requests, by status; 0 stands for a connection cut off.
        cancels: The same for each pair, `workflow/instance`, in order.
        accepted: Cancels that took effect, by pair: more than one for a cancel sent again.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    cancels: dict[str, list[int]] = field(default_factory=dict)
    accepted: Counter[str] = field(default_factory=Counter)

    def note(self, pair: str, status: int) -> None:
        """Note what a cancel request was answered."""
        self.statuses[status] += 1
        self.cancels.setdefault(pair, []).append(status)


@dataclass(frozen=True, slots=True)
class Instance:
    """One execution as the API shows it: its kind, and seconds since the epoch for its times."""

    instance_id: str
    kind: str
    started_at: float
    ended_at: float | None


class World:
    """All workflows and instances of one sandbox."""

    def __init__(self, options: "SandboxOptions", epoch: float) -> None:
        self._options = options
        self._epoch = epoch
        self._ends: dict[str, float] = {}
        self._workflows: dict[str, dict[str, None]] = {}
        self.record = Record()
        for number in range(_WORKFLOWS):
            self._instances_of(str(self._made_up("workflow", number)))

    def knows(self, workflow_id: str, instance_id: str) -> bool:
        """Whether there is such an instance."""
        if instance_id.startswith(UNKNOWN_PREFIX):
            return False
        return not self._options.only_known or instance_id in self._instances_of(workflow_id)

    def cancel(self, workflow_id: str, instance_id: str, wall: float) -> int:
        """Ask an instance that is known to end; returns the status that this is answered with."""
        if self._had_finished(instance_id) and instance_id not in self._ends:
            # What an ended instance answers is not known; so all that is possible happens.
            return (200, 400, 404)[int(chance("ended", instance_id) * 3)]
        self._instances_of(workflow_id)[instance_id] = None
        self._ends.setdefault(instance_id, wall + self._options.end_delay)
        self.record.accepted[f"{workflow_id}/{instance_id}"] += 1
        return 200

    def instance(self, instance_id: str, wall: float) -> Instance:
        """An instance as it is now."""
        started = self._epoch - _STARTED_BEFORE * chance("start", instance_id)
        if self._had_finished(instance_id) and instance_id not in self._ends:
            kind = "SUCCEEDED" if chance("kind", instance_id) < 0.5 else "FAILED"  # noqa: PLR2004 - a coin
            return Instance(instance_id, kind, started, started + (self._epoch - started) / 2)
        end = self._ends.get(instance_id)
        if end is None or end > wall:
            return Instance(instance_id, "IN_PROGRESS", started, None)
        return Instance(instance_id, "CANCELED", started, end)

    def instances(self, workflow_id: str, wall: float) -> list[Instance]:
        """A workflow's instances, newest first."""
        found = [self.instance(instance_id, wall) for instance_id in self._instances_of(workflow_id)]
        return sorted(found, key=lambda instance: -instance.started_at)

    def workflows(self) -> list[str]:
        """The ids of the workflows seen so far and of those made up."""
        return list(self._workflows)

    def _instances_of(self, workflow_id: str) -> dict[str, None]:
        known = self._workflows.get(workflow_id)
        if known is None:
            made_up = (str(self._made_up(workflow_id, number)) for number in range(_LISTED_PER_WORKFLOW))
            known = self._workflows[workflow_id] = dict.fromkeys(made_up)
        return known

    def _had_finished(self, instance_id: str) -> bool:
        finished = self._options.scenario is Scenario.FINISHED
        return finished and chance(self._options.seed, "finished", instance_id) < _SHARE_FINISHED

    def _made_up(self, name: str, number: int) -> UUID:
        digest = blake2b(f"{self._options.seed}/{name}/{number}".encode(), digest_size=16).digest()
        return UUID(bytes=digest, version=4)
