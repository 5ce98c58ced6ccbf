"""aiohttp and nothing else, to show what the library itself takes: URL INPUT IN_FLIGHT.

It keeps no result, looks at no status and tries nothing again.
"""

import asyncio
import csv
import sys
from pathlib import Path

import aiohttp


async def cancel_all(url: str, rows: list[tuple[str, str]], in_flight: int) -> None:
    """Ask for each."""
    headers = {"DD-API-KEY": "a", "DD-APPLICATION-KEY": "b"}
    left = iter(rows)
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:

        async def work() -> None:
            for workflow_id, instance_id in left:
                path = f"/api/v2/workflows/{workflow_id}/instances/{instance_id}/cancel"
                async with session.put(path) as response:
                    await response.read()

        await asyncio.gather(*(work() for _ in range(in_flight)))


def main(url: str, source: str, in_flight: str) -> None:
    """Read the input and ask for what it names."""
    with Path(source).open(encoding="utf-8", newline="") as file:
        rows = [(row["workflow_id"], row["instance_id"]) for row in csv.DictReader(file)]
    asyncio.run(cancel_all(url, rows, int(in_flight)))


if __name__ == "__main__":
    main(*sys.argv[1:])
