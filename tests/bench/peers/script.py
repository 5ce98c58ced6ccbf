"""What a competent engineer writes in an afternoon: aiohttp, a semaphore, tenacity: URL INPUT IN_FLIGHT.

It keeps to `Retry-After`, as scripts do; of the vendor's own headers it knows nothing.
"""

import asyncio
import csv
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

Note = Callable[[list[object]], object]
BACKOFF = wait_random_exponential(multiplier=0.5, max=10)


class TryAgainError(Exception):
    """A 429 or a 5xx, with the seconds to wait where it says so."""

    def __init__(self, retry_after: str | None) -> None:
        super().__init__()
        self.seconds = float(retry_after) if retry_after else None


def wait(state: RetryCallState) -> float:
    """What it says, or exponential back-off with jitter."""
    error = state.outcome.exception() if state.outcome else None
    told = error.seconds if isinstance(error, TryAgainError) else None
    return BACKOFF(state) if told is None else told


async def cancel_all(url: str, rows: list[dict[str, str]], in_flight: int, note: Note) -> None:
    """Cancel them all, or raise."""
    semaphore = asyncio.Semaphore(in_flight)
    headers = {"DD-API-KEY": "a", "DD-APPLICATION-KEY": "b"}
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:

        async def once(row: dict[str, str]) -> int:
            path = f"/api/v2/workflows/{row['workflow_id']}/instances/{row['instance_id']}/cancel"
            async with session.put(path) as response:
                await response.read()
                if response.status == 429 or response.status >= 500:
                    raise TryAgainError(response.headers.get("Retry-After"))
                return response.status

        async def cancel(row: dict[str, str]) -> None:
            again = retry_if_exception_type(TryAgainError)
            retrying = AsyncRetrying(retry=again, wait=wait, stop=stop_after_attempt(50))
            async with semaphore:
                note([row["workflow_id"], row["instance_id"], await retrying(once, row)])

        await asyncio.gather(*(cancel(row) for row in rows))


def main(url: str, source: str, in_flight: str) -> None:
    """Cancel what the input names, and write one line for each."""
    with Path(source).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with Path(f"{source}.out.csv").open("w", encoding="utf-8", newline="") as out:
        asyncio.run(cancel_all(url, rows, int(in_flight), csv.writer(out).writerow))


if __name__ == "__main__":
    main(*sys.argv[1:])
