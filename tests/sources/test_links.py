"""The product's own links become rows."""

import pytest

from bulkcancel.models import InstanceRef, RejectedRow, Row
from bulkcancel.sites import SITES
from bulkcancel.sources import InputOptions
from bulkcancel.sources.links import Links

W, V, X, J = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "1234")
HOST = "https://app.datadoghq.com"
NO_LINK = RejectedRow(
    "",
    "",
    7,
    "bad_link",
    "not a link to an instance: https://app.<site>/workflow/<workflow>?instance=<instance>",
)
ROW = InstanceRef(W, X, 7)


def bad_host(host: str) -> RejectedRow:
    """A link to somewhere else."""
    reason = f"{host!r} is not a Datadog host; the sites are: {', '.join(SITES)}"
    return RejectedRow(W, X, 7, "bad_link", reason)


@pytest.mark.parametrize(
    ("link", "want"),
    [
        (f"{HOST}/workflow/{W}?instance={X}", ROW),
        (f"http://app.datadoghq.com/workflow/{W}?instance={X}", ROW),
        (f" HTTPS://ACME.DATADOGHQ.EU/workflow/{W.upper()}?instance={X.upper()}\t", ROW),
        (f"{HOST}/workflow/{W}/?instance={X}", ROW),
        (f"{HOST}/workflow/{W}/edit/X?a=b&instance={X}&instance={J}#top", ROW),
        (f"https://us3.datadoghq.com:443/workflow/{W}?instance={X}", ROW),
        (f"{HOST}/workflow/{W}?instance=%7B{X}%7D", ROW),
        (f"{HOST}/workflow/X{W}X?instance={X}", RejectedRow(f"X{W}X", X, 7, "invalid_id", f"the workflow id 'X{W}X' is not a UUID (--any-id would allow it)")),
        (f"{HOST}/workflow/?instance={X}", NO_LINK),
        (f"{HOST}/workflow?instance={X}", NO_LINK),
        (f"{HOST}/workflows/{W}?instance={X}", NO_LINK),
        (f"{HOST}/x/workflow/{W}?instance={X}", NO_LINK),
        (f"{HOST}/workflow/{W}?instance=", NO_LINK),
        (f"{HOST}/workflow/{W}?Instance={X}", NO_LINK),
        (f"{HOST}/workflow/{W}#instance={X}", NO_LINK),
        (f"ftp://app.datadoghq.com/workflow/{W}?instance={X}", NO_LINK),
        (f"app.datadoghq.com/workflow/{W}?instance={X}", NO_LINK),
        (f"https://[x/workflow/{W}?instance={X}", NO_LINK),
        (f"{W},{X}", NO_LINK),
        (f"https://evil.example/workflow/{W}?instance={X}", bad_host("evil.example")),
        (f"https://datadoghq.com.evil.example/workflow/{W}?instance={X}", bad_host("datadoghq.com.evil.example")),
        (f"https:///workflow/{W}?instance={X}", bad_host("")),
    ],
)  # fmt: skip
def test_a_link_to_an_instance_is_a_row(link: str, want: Row) -> None:
    """Of any site, whatever else stands in it."""
    assert Links(InputOptions()).row(link, 7) == want


@pytest.mark.parametrize("site", SITES)
def test_a_link_leads_where_requests_go_or_is_refused(site: str) -> None:
    """An instance of another site would not be found, or be somebody else's."""
    links = Links(InputOptions(site="datadoghq.eu"))
    reason = f"the link leads to {site}, but requests go to datadoghq.eu (--site)"
    want = ROW if site == "datadoghq.eu" else RejectedRow(W, X, 7, "wrong_site", reason)
    assert links.row(f"https://app.{site}/workflow/{W}?instance={X}", 7) == want


def test_links_are_held_to_the_other_options() -> None:
    """As any row is."""
    link = f"{HOST}/workflow/Job-1?instance=Run-1"
    assert Links(InputOptions(any_id=True)).row(link, 7) == InstanceRef("Job-1", "Run-1", 7)
    row = Links(InputOptions(workflow_id=V)).row(f"{HOST}/workflow/{W}?instance={X}", 7)
    assert isinstance(row, RejectedRow)
    assert row.code == "wrong_workflow"
