"""One workflow of the sandbox: the instances it has, those it starts as time passes, and how they end."""

import math
from collections import Counter, deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from bulkcancel.sandbox.chances import chance, made_up_id
from bulkcancel.sandbox.instance import CANCELED, FAILED, SUCCEEDED, Instance
from bulkcancel.sandbox.options import Scenario

if TYPE_CHECKING:
    from bulkcancel.sandbox.options import Runaway, SandboxOptions

_SHARE_FINISHED = 0.4
_STARTED_BEFORE = 600.0
_SHARE_SUCCEEDED = 0.5
_ONE_IN_BY_HAND = 20
_OK, _BAD_REQUEST, _NOT_FOUND = 200, 400, 404


@dataclass(frozen=True, slots=True)
class WorkflowCount:
    """How many instances a workflow has at one instant.

    Attributes:
        started: All that it has started.
        running: Those that run.
        waiting: Buffered ones that will start although it is unpublished.
        canceled: Those that ended because they were canceled.
        succeeded: Those that ended by themselves, well.
        failed: Those that ended by themselves, badly.
    """

    started: int
    running: int
    waiting: int
    canceled: int
    succeeded: int
    failed: int


class Workflow:
    """One workflow. Every method takes the time on the server's clock, which never goes back.

    Attributes:
        workflow_id: Its id.
        name: Its name.
        published: Whether its automatic triggers start instances.
    """

    def __init__(
        self, workflow_id: str, options: "SandboxOptions", epoch: float, runaway: "Runaway | None" = None
    ) -> None:
        self.workflow_id = workflow_id
        self.name = f"{'Workflow' if runaway is None else 'Runaway'} {workflow_id[:8]}"
        self.published = True
        self._options = options
        self._ends = options.ends_in_force
        self._epoch = epoch
        self._runaway = runaway
        self._instances: dict[str, Instance] = {}
        self._by_start: list[Instance] = []
        self._is_sorted = True
        self._coming_ends: list[tuple[float, int, Instance]] = []
        self._pushed = 0
        self._ended: Counter[str] = Counter()
        self._late: deque[float] = deque()
        self._published_at, self._started_since = epoch, 0
        if runaway is None:
            for number in range(options.listed):
                instance_id = made_up_id(options.seed, workflow_id, number)
                self._add(self._with_own_end(instance_id, "manual" if number % 2 else "api"))
        else:
            self._begin(runaway)

    def cancel(self, instance_id: str, wall: float) -> tuple[int, bool]:
        """Ask an instance to end: the status of the answer, and whether it counts as accepted."""
        self._advance(wall)
        instance = self._instance(instance_id)
        if instance.ended_at(wall) is not None:
            was_canceled = instance.end_kind == CANCELED
            if self._ends.answer is not None:
                return self._ends.answer, False
            # What an ended instance answers is not known; so all that is possible happens.
            by_chance = (_OK, _BAD_REQUEST, _NOT_FOUND)[int(chance("ended", instance_id) * 3)]
            return (_OK if was_canceled else by_chance), was_canceled
        if instance_id not in self._instances:
            self._add(instance)
        instance.cancels += 1
        if instance.cancels > 1 or not self._meets(self._ends.stubborn, "stubborn", instance_id):
            is_slow = self._meets(self._ends.slow, "slow", instance_id)
            before = instance.end_at
            instance.cancel_at(wall + (self._ends.slow_delay if is_slow else self._ends.delay))
            if instance.end_at != before:
                self._expect_end(instance)
                self._advance(wall)
        return _OK, True

    def has(self, instance_id: str, wall: float) -> bool:
        """Whether it lists such an instance."""
        self._advance(wall)
        return instance_id in self._instances

    def instance(self, instance_id: str, wall: float) -> Instance:
        """One instance, whether it is listed or not."""
        self._advance(wall)
        return self._instance(instance_id)

    def page(self, number: int, size: int, wall: float) -> list[Instance]:
        """A page of its instances, newest first; the first is number 0."""
        self._advance(wall)
        if not self._is_sorted:
            self._by_start.sort(key=lambda instance: instance.started_at)
            self._is_sorted = True
        end = max(0, len(self._by_start) - number * size)
        return self._by_start[max(0, end - size) : end][::-1]

    def count(self, wall: float) -> WorkflowCount:
        """How many instances it has."""
        self._advance(wall)
        started, ended = len(self._instances), self._ended
        return WorkflowCount(
            started,
            started - ended.total(),
            len(self._late),
            ended[CANCELED],
            ended[SUCCEEDED],
            ended[FAILED],
        )

    def set_published(self, wall: float, *, published: bool) -> None:
        """Publish it, or stop its automatic triggers: what is buffered by then starts all the same."""
        self._advance(wall)
        if published and not self.published:
            self._published_at, self._started_since = wall, 0
        elif self.published and not published and self._runaway is not None:
            late, within = self._runaway.late, self._runaway.late_within
            self._late.extend(wall + within * (number + 1) / late for number in range(late))
            self._late = deque(sorted(self._late))
        self.published = published

    def _begin(self, runaway: "Runaway") -> None:
        """Have as many instances as if it had been starting them at its rate for long."""
        total = runaway.alive + runaway.ended
        for number in range(total):
            started_at = self._epoch - (total - number) / (runaway.rate or 1.0)
            is_ended = (number + 1) * runaway.ended // total > number * runaway.ended // total
            if not is_ended:
                self._start(number, started_at)
                continue
            instance = Instance(self._id_of(number), started_at, self._source_of(number))
            self._end_in_the_past(instance)
            self._add(instance)

    def _advance(self, wall: float) -> None:
        """Start and end what is due."""
        rate = self._runaway.rate if self._runaway is not None else 0.0
        while True:
            spawns = self.published and rate > 0.0
            next_at = self._published_at + (self._started_since + 1) / rate if spawns else math.inf
            late_at = self._late[0] if self._late else math.inf
            if min(next_at, late_at) > wall:
                break
            if late_at <= next_at:
                self._late.popleft()
            else:
                self._started_since += 1
            self._start(len(self._instances), min(next_at, late_at))
        while self._coming_ends and self._coming_ends[0][0] <= wall:
            end_at, _, instance = heappop(self._coming_ends)
            if instance.end_at == end_at:  # else a cancel has ended it earlier
                self._ended[instance.end_kind] += 1

    def _start(self, number: int, started_at: float) -> None:
        self._add(self._with_own_end(self._id_of(number), self._source_of(number), started_at))

    def _add(self, instance: Instance) -> None:
        if self._by_start and instance.started_at < self._by_start[-1].started_at:
            self._is_sorted = False
        self._instances[instance.instance_id] = instance
        self._by_start.append(instance)
        if instance.end_at is not None:
            self._expect_end(instance)

    def _expect_end(self, instance: Instance) -> None:
        assert instance.end_at is not None  # noqa: S101 - for the type checker: callers have seen it
        self._pushed += 1
        heappush(self._coming_ends, (instance.end_at, self._pushed, instance))

    def _instance(self, instance_id: str) -> Instance:
        return self._instances.get(instance_id) or self._with_own_end(instance_id, "api")

    def _with_own_end(self, instance_id: str, source: str, started_at: float | None = None) -> Instance:
        """An instance, and its end where that comes by itself."""
        if started_at is None:
            started_at = self._epoch - _STARTED_BEFORE * chance("start", instance_id)
        instance = Instance(instance_id, started_at, source)
        finished = self._options.scenario is Scenario.FINISHED
        if finished and chance(self._options.seed, "finished", instance_id) < _SHARE_FINISHED:
            self._end_in_the_past(instance)
        elif self._meets(self._ends.own, "own", instance_id):
            within = self._ends.own_within * chance("own end", instance_id)
            instance.end_at = max(self._epoch, started_at) + within
            instance.end_kind = _own_kind(instance_id)
        return instance

    def _end_in_the_past(self, instance: Instance) -> None:
        instance.end_at = (instance.started_at + self._epoch) / 2
        instance.end_kind = _own_kind(instance.instance_id)

    def _id_of(self, number: int) -> str:
        return made_up_id(self._options.seed, self.workflow_id, number)

    def _source_of(self, number: int) -> str:
        return "schedule" if number % _ONE_IN_BY_HAND else "manual"

    def _meets(self, share: float, what: str, instance_id: str) -> bool:
        return share > 0.0 and chance(self._options.seed, what, instance_id) < share


def _own_kind(instance_id: str) -> str:
    return SUCCEEDED if chance("kind", instance_id) < _SHARE_SUCCEEDED else FAILED
