"""The local agent, by way of the vendor's own library: one packet for many values, and none that waits."""

import logging
import math
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bulkcancel.errors import ConfigurationError
from bulkcancel.metrics.table import Kind
from bulkcancel.metrics.tags import environment_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bulkcancel.metrics.address import AgentAddress
    from bulkcancel.metrics.table import Metric

_DISABLING = frozenset({"True", "true", "yes", "1"})  # as the library reads DD_DOGSTATSD_DISABLE
#: Values of one distribution that are sent of a second, at most: more tell a percentile no better.
MOST_VALUES = 1_000


class MissingLibraryError(ConfigurationError):
    """The vendor's library is not installed."""


class Agent:
    """Sends metrics. What can't be delivered is dropped, counted and never waited for.

    The library is used with nothing in the background: no thread, no queue, no telemetry of its own, nothing
    at a fork. Only the name of a host is waited for, so that `send` belongs into a thread.
    """

    def __init__(self, address: "AgentAddress", tags: "Iterable[str]") -> None:
        """Load the library; nothing is opened or sent yet.

        Raises:
            MissingLibraryError: It is not installed.
        """
        try:
            from datadog.dogstatsd.base import DogStatsd  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            raise MissingLibraryError(
                "--statsd needs the package datadog, which is not installed. Run: "
                "pip install 'bulkcancel[statsd]'"
            ) from None
        self._is_off = os.environ.get("DD_DOGSTATSD_DISABLE") in _DISABLING
        self._heard = _Heard()
        self._client: Any = DogStatsd(
            host=address.host,
            port=address.port,
            socket_path=address.socket,
            constant_tags=[*tags, *environment_tags(os.environ, is_with_own=False)],
            socket_timeout=0,
            # Its telemetry counts what was dropped, which we want to know, and would also send that.
            disable_telemetry=False,
            telemetry_min_flush_interval=math.inf,  # type: ignore[arg-type] # it is compared, no more
            track_instance=False,
        )

    @property
    def problem(self) -> str:
        """Why packets are dropped, in words, or empty where none was."""
        if self._is_off:
            return "DD_DOGSTATSD_DISABLE is set in the environment"
        if not self._client.packets_dropped:
            return ""
        return self._heard.words or "it does not take them as fast as they come"

    def send(self, values: "Iterable[tuple[Metric, Sequence[float], list[str]]]") -> None:
        """Send values, each with its metric and its tags.

        Of many values of a distribution, a share is sent, with the share beside it, as the protocol has it.
        """
        with self._heard.listening(), self._client as client:
            for metric, numbers, tags in values:
                if metric.kind is Kind.DISTRIBUTION:
                    share = min(1.0, round(MOST_VALUES / len(numbers), 3))
                    for number in numbers:
                        client.distribution(metric.name, round(number, 6), tags=tags, sample_rate=share)
                elif metric.kind is Kind.COUNT:
                    client.increment(metric.name, numbers[0], tags=tags)
                else:
                    client.gauge(metric.name, round(numbers[0], 3), tags=tags)

    def close(self) -> None:
        """Close the socket."""
        self._client.close_socket()


class _Heard(logging.Handler):
    """Hears why the library drops packets: it tells its log alone.

    Attributes:
        words: The first reason, or empty.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words = ""

    @contextmanager
    def listening(self) -> "Iterator[None]":
        """Listen while packets are sent."""
        log = logging.getLogger("datadog.dogstatsd")
        log.addHandler(self)
        try:
            yield
        finally:
            log.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the system's own words, as far as there are any."""
        error = next((one for one in _args_of(record) if isinstance(one, OSError)), None)
        if not self.words:
            self.words = (error.strerror if error is not None else "") or record.getMessage()


def _args_of(record: logging.LogRecord) -> tuple[object, ...]:
    return record.args if isinstance(record.args, tuple) else ()
