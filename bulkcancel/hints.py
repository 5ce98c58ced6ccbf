"""What to do about rows that were not canceled: a sentence or two for each cause."""

from typing import assert_never

from bulkcancel.models import Outcome

_REPAIR = "Nothing was sent for it. Repair the row in the input, and run it."
_BY_CODE = {
    "http_timeout": (
        "The API took longer than --timeout, at every attempt. Try again; if it goes on, give a longer "
        "--timeout or a smaller --concurrency."
    ),
    "http_connection": (
        "No connection to the API came about, or it broke. `bulkcancel check` finds out whether it is the "
        "name, the network or a proxy; then try again."
    ),
    "stale_connection": "The connection was closed while the request was on its way. Try again.",
    "tls_untrusted": (
        "The certificate is not trusted. Check this machine's clock, and --ca-bundle where a gateway has a "
        "certificate of its own."
    ),
    "proxy_refused": "The proxy wants a user name and a password. Give both in HTTPS_PROXY.",
    "too_many_open_files": "This process may open too few files. Raise the limit (ulimit -n), and try again.",
    "not_json": (
        "A proxy, a gateway or a login page answered in place of the API. Find out what stands between; "
        "`bulkcancel check` tells the way that is taken."
    ),
    "http_5xx": "The API was failing. See Datadog's status page, and try again when it has recovered.",
    "http_4xx_401": "Datadog does not know the keys. `bulkcancel check` tells which of them, and why.",
    "missing_id": f"The row lacks an id. {_REPAIR}",
    "invalid_id": f"An id is not a UUID: cut off, or from another column. {_REPAIR}",
    "invalid_json": f"The line is not a JSON object. {_REPAIR}",
    "bad_link": f"The link is not one to an instance. {_REPAIR}",
    "wrong_site": "The link leads to another site than the run went to. Run these rows at their own site.",
    "wrong_workflow": "The row names another workflow than --workflow-id. Find out which of them is meant.",
}


def hint_for(outcome: Outcome, code: str = "") -> str:
    """What to do about rows with that outcome and that error code; empty where there is nothing to do.

    Args:
        outcome: What became of them.
        code: Their `error_code`, ours or the API's, or empty.
    """
    match outcome:
        case Outcome.CANCELED | Outcome.ALREADY_FINISHED | Outcome.DUPLICATE:
            return ""
        case Outcome.NOT_ATTEMPTED:
            return "The run stopped before their turn. Continue it with --resume."
        case Outcome.THROTTLED:
            return (
                "Somebody else used up the quota, again and again. Try again later, or agree on shares with "
                "--headroom."
            )
        case Outcome.UNCONFIRMED:
            return (
                "The cancel was accepted, but the instance was not seen to end. `bulkcancel status` tells "
                "what it does now; --resume cancels it again."
            )
        case Outcome.NOT_FOUND:
            return (
                "The API knows no such instance: it belongs to another site, organization or workflow, or is "
                "so old that it is gone. Look one of them up in Datadog."
            )
        case Outcome.FORBIDDEN | Outcome.REJECTED | Outcome.FAILED | Outcome.INVALID:
            return _BY_CODE.get(code) or _of_unknown_code(outcome)
        case _:
            assert_never(outcome)


def _of_unknown_code(outcome: Outcome) -> str:
    if outcome is Outcome.FORBIDDEN:
        return (
            "The keys may not cancel these. `bulkcancel check` tells what is missing: most often it is the "
            "permission workflows_run, or the application key's access to the Actions API."
        )
    if outcome is Outcome.REJECTED:
        return "The API refuses these requests, also when they are sent again. Its sentence says why."
    if outcome is Outcome.INVALID:
        return _REPAIR
    return "Every attempt failed. Try again; if it goes on, `bulkcancel check` looks at the way to the API."
