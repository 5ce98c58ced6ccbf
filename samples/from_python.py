"""Stop a runaway workflow from a program: find what runs, cancel five, and if all is well, the rest.

    python samples/from_python.py WORKFLOW_ID

Keys and site come from the environment (DD_API_KEY, DD_APP_KEY, DD_SITE). To try it, start
`bulkcancel sandbox --scenario runaway`, and set BULKCANCEL_BASE_URL to the address that it names.
"""

import asyncio
import os
import sys
from dataclasses import replace

from bulkcancel import ExitCode, Selection, Settings, Target, open_session
from bulkcancel.events import Event, Paused

CANARY = 5
REPORT = "cleanup.csv"


class Watcher:
    """Says what a run waits for."""

    def observe(self, event: Event) -> None:
        """Take one event; called in the event loop, so it must not wait."""
        if isinstance(event, Paused):
            print("waiting:", event.reason, file=sys.stderr)


async def main(workflow_id: str) -> ExitCode:
    """Cancel all instances of the workflow that run; returns an exit code as the command line has it."""
    url = os.environ.get("BULKCANCEL_BASE_URL")
    target = Target.of_url(url) if url else None
    settings = Settings(headroom=0.2)  # leave a fifth of the quota to others
    async with open_session(settings=settings, target=target, observer=Watcher()) as session:
        search = session.find_instances([workflow_id], selection=Selection(statuses=frozenset({"running"})))
        pairs = [found.pair async for found in search]
        print(len(pairs), "instances are running")

        canary = replace(settings, limit=CANARY, verify=True, verify_timeout=20.0)
        summary = await session.cancel(pairs, report=REPORT, settings=canary)
        if summary.exit_code is ExitCode.OK:
            summary = await session.cancel(pairs, report=REPORT, resume=True)
    print({outcome.value: count for outcome, count in summary.outcomes.items() if count})
    return summary.exit_code


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1])))
