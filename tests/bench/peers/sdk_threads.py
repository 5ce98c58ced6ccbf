"""The vendor's client in threads, with its own retries: URL INPUT IN_FLIGHT.

The pool of connections is as large as that of the threads, in its favour: by default it is ten
connections on a machine with two processors, and the others would be opened anew each time. The
number of retries is raised from three, or rows would be given up where 429s carry no headers.
"""

import csv
import sys
from pathlib import Path

from datadog_api_client import Configuration, ThreadedApiClient, rest
from datadog_api_client.v2.api.workflow_automation_api import WorkflowAutomationApi


def main(url: str, source: str, in_flight: str) -> None:
    """Cancel them all, or raise."""
    configuration = Configuration(host=url, enable_retry=True, max_retries=50)
    configuration.api_key["apiKeyAuth"] = "a"
    configuration.api_key["appKeyAuth"] = "b"
    with ThreadedApiClient(configuration, pool_threads=int(in_flight)) as client:
        client.rest_client = rest.RESTClientObject(configuration, maxsize=int(in_flight))
        api = WorkflowAutomationApi(client)
        with Path(source).open(encoding="utf-8", newline="") as file:
            rows = [(row["workflow_id"], row["instance_id"]) for row in csv.DictReader(file)]
        pending = [api.cancel_workflow_instance(*row) for row in rows]
        for one in pending:
            one.get()


if __name__ == "__main__":
    main(*sys.argv[1:])
