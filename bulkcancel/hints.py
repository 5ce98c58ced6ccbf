"""What to do about rows that were not canceled: a short sentence or two for each cause."""

from typing import assert_never

from bulkcancel.models import Outcome

_REPAIR = "Repair these rows in the input, and run them."
_BY_CODE = {
    "http_timeout": "No answer in time. Try again; a longer --timeout or a smaller --concurrency may help.",
    "http_connection": "No connection. `bulkcancel check` looks at name, network and proxy; then try again.",
    "stale_connection": "The connection was closed under way. Try again.",
    "tls_untrusted": "The certificate is not trusted. Check this machine's clock and --ca-bundle.",
    "proxy_refused": "The proxy wants a user name and a password. Give both in HTTPS_PROXY.",
    "too_many_open_files": "This process may open too few files. Raise the limit (ulimit -n), and try again.",
    "not_json": "Something in between answered in place of the API. Check the proxy and --base-url.",
    "http_5xx": "A fault of the API. Try again when Datadog's status page says that it has recovered.",
    "http_4xx_401": "These keys are not accepted. `bulkcancel check` tells which of them.",
    "missing_id": f"An id is missing. {_REPAIR}",
    "invalid_id": f"An id is not a UUID: cut off, or from another column. {_REPAIR}",
    "invalid_json": f"The line is not a JSON object. {_REPAIR}",
    "bad_link": f"The link is not one to an instance. {_REPAIR}",
    "wrong_site": "The link leads to another site. Run these rows there.",
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
            return "The rate limit let none of their tries through. Try again when others spend less of it."
        case Outcome.UNCONFIRMED:
            return "The cancel was accepted, but they were not seen to end in time. Try again."
        case Outcome.NOT_FOUND:
            return "The API knows no such instance. Check that it is of this site and workflow."
        case Outcome.FORBIDDEN | Outcome.REJECTED | Outcome.FAILED | Outcome.INVALID:
            return _BY_CODE.get(code) or _of_unknown_code(outcome)
        case _:
            assert_never(outcome)


def _of_unknown_code(outcome: Outcome) -> str:
    if outcome is Outcome.FORBIDDEN:
        return "These keys may not. They need workflows_run and the Actions API; see `bulkcancel check`."
    if outcome is Outcome.REJECTED:
        return "The API will not cancel these, however often it is asked. It says why."
    return _REPAIR if outcome is Outcome.INVALID else "Every attempt failed. Try again."
