"""A transport without a network: answers are scripted, or follow a rule."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from support.faketime import FakeClock

from bulkcancel.models import Failure, FailureKind, InstanceRef, RejectedRow, Reply, Row

OK = Reply(200, {}, b"{}\n")
UNKNOWN = Reply(404, {}, b'{"errors":[{"code":"WORKFLOW_NOT_FOUND"}]}')
DOWN = Failure(FailureKind.CONNECTION, "refused")
ENDED = b'{"data":{"attributes":{"instanceStatus":{"detailsKind":"%s"}}}}'


class FakeApi:
    """Answers cancels by a rule of (instance, attempt); keeps what was sent."""

    def __init__(
        self,
        clock: FakeClock,
        rule: Callable[[InstanceRef, int], Reply | Failure] = lambda *_: OK,
        *,
        latency: float = 0.02,
    ) -> None:
        self.clock = clock
        self.rule = rule
        self.latency = latency
        self.sent: list[str] = []
        self.reads: list[Reply | Failure] = []
        self.looks = 0
        self.list_answer: Reply | Failure = Reply(500, {}, b"")
        self.list_calls = 0
        self.keys: Reply | Failure = OK
        self.key_checks = 0
        self.most_in_flight = 0
        self.in_flight = 0

    async def cancel(self, ref: InstanceRef) -> Reply | Failure:
        """Answer by the rule, after the latency."""
        self.sent.append(ref.instance_id)
        attempt = self.sent.count(ref.instance_id)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.clock.sleep(self.latency)
        finally:
            self.in_flight -= 1
        return self.rule(ref, attempt)

    async def get_instance(self, ref: InstanceRef) -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Give the next scripted read, the last one again and again; without any, no instance is known."""
        self.looks += 1
        await self.clock.sleep(self.latency)
        if not self.reads:
            return UNKNOWN
        return self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]

    async def list_instances(self, workflow_id: str, *, size: int, number: int) -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Break down, so that instances are read one by one."""
        self.list_calls += 1
        await self.clock.sleep(self.latency)
        return self.list_answer

    async def list_workflows(self, *, limit: int, page: int, query: str = "") -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Have none."""
        await self.clock.sleep(self.latency)
        return Reply(200, {}, b'{"data":[]}')

    async def get_workflow(self, workflow_id: str) -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Know no workflow."""
        await self.clock.sleep(self.latency)
        return UNKNOWN

    async def set_published(self, workflow_id: str, *, published: bool) -> Reply | Failure:  # noqa: ARG002 - the protocol
        """Know no workflow."""
        await self.clock.sleep(self.latency)
        return UNKNOWN

    async def check_keys(self) -> Reply | Failure:
        """Say whether the keys are good."""
        self.key_checks += 1
        return self.keys


class Rows:
    """Rows at hand."""

    def __init__(self, rows: Iterable[Row], *, is_replayable: bool = True) -> None:
        self._rows = list(rows)
        self.is_replayable = is_replayable
        self.stopped = False

    async def batches(self) -> AsyncIterator[Iterator[Row]]:
        """Give them all."""
        yield iter(self._rows)

    def stop_waiting(self) -> None:
        """Note it."""
        self.stopped = True


def refs(count: int, workflows: int = 1) -> list[Row]:
    """That many sendable rows."""
    return [InstanceRef(f"w{n % workflows}", f"i{n}", n + 1) for n in range(count)]


def bad(line: int) -> Row:
    """An unusable row."""
    return RejectedRow("w", "?", line, "invalid_id", "not a UUID")
