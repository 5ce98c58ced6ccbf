"""What a person should know at once while a run goes on, each thing once."""

from typing import TYPE_CHECKING

from bulkcancel.progress import duration

if TYPE_CHECKING:
    from bulkcancel.clock import Clock
    from bulkcancel.engine import Engine
    from bulkcancel.progress import Messages


class Alerts:
    """Looks at a run now and then, and says what is new."""

    def __init__(self, messages: "Messages", clock: "Clock") -> None:
        self._messages = messages
        self._clock = clock
        self._said: set[str] = set()
        self._down_since: float | None = None

    def look(self, engine: "Engine") -> None:
        """Say what has come up since the last look."""
        pacer = engine.limiter.pacer
        if pacer.broken_header and self._is_new("header"):
            self._messages.warning(
                f"The API's {pacer.broken_header} header can't be true; going by the rest."
            )
        if pacer.limit_answers_503 and self._is_new("503"):
            self._messages.info(
                "A rate limit on the way to the API answers 503 instead of 429; requests are paced by it."
            )
        if engine.is_starved and self._is_new("files"):
            self._messages.warning(
                "This process may open no more files, so fewer requests go at once. They are sent when there "
                "is room; to change that, raise the limit with `ulimit -n`."
            )
        now = self._clock.now()
        if pacer.is_down and self._down_since is None:
            self._down_since = now - pacer.down_for(now)
            self._messages.warning(
                f"The API has not answered soundly for {duration(now - self._down_since)}; "
                f"{engine.last_fault}. Rows wait; one probe at a time asks again."
            )
        elif self._down_since is not None and not pacer.down_for(now):
            self._messages.info(f"The API answers again, after {duration(now - self._down_since)}.")
            self._down_since = None

    def _is_new(self, what: str) -> bool:
        is_new = what not in self._said
        self._said.add(what)
        return is_new
