"""The vendor's client on asyncio, with its own retries: URL INPUT IN_FLIGHT.

The number of retries is raised from three, or rows would be given up where 429s carry no headers.
"""

import asyncio
import csv
import sys
from pathlib import Path

from datadog_api_client import AsyncApiClient, Configuration
from datadog_api_client.v2.api.workflow_automation_api import WorkflowAutomationApi


async def cancel_all(url: str, rows: list[tuple[str, str]], in_flight: int) -> None:
    """Cancel them all, or raise."""
    configuration = Configuration(host=url, enable_retry=True, max_retries=50)
    configuration.api_key["apiKeyAuth"] = "a"
    configuration.api_key["appKeyAuth"] = "b"
    left = iter(rows)
    async with AsyncApiClient(configuration) as client:
        api = WorkflowAutomationApi(client)

        async def work() -> None:
            for row in left:
                await api.cancel_workflow_instance(*row)

        await asyncio.gather(*(work() for _ in range(in_flight)))


def main(url: str, source: str, in_flight: str) -> None:
    """Read the input and cancel what it names."""
    with Path(source).open(encoding="utf-8", newline="") as file:
        rows = [(row["workflow_id"], row["instance_id"]) for row in csv.DictReader(file)]
    asyncio.run(cancel_all(url, rows, int(in_flight)))


if __name__ == "__main__":
    main(*sys.argv[1:])
