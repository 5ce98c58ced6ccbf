"""The product's own links, `https://app.<site>/workflow/<workflow>?instance=<instance>`, one a line."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bulkcancel.sites import SITES, site_of_host
from bulkcancel.sources.pairs import reject, row_of, shown

if TYPE_CHECKING:
    from bulkcancel.models import Row
    from bulkcancel.sources.options import InputOptions


class Links:
    """Makes a row of each link; one to another site than requests go to is refused."""

    def __init__(self, options: "InputOptions") -> None:
        self._options = options

    def row(self, text: str, line: int) -> "Row":
        """The row of one pasted link."""
        parts = parts_of_link(text.strip())
        if parts is None or not parts[2]:
            reason = "not a link to an instance: https://app.<site>/workflow/<workflow>?instance=<instance>"
            return reject("", "", line, "bad_link", reason)
        host, workflow_id, instance_id = parts
        site = site_of_host(host)
        if site is None:
            reason = f"{shown(host)!r} is not a Datadog host; the sites are: {', '.join(SITES)}"
            return reject(workflow_id, instance_id, line, "bad_link", reason)
        if self._options.site not in {"", site}:
            reason = f"the link leads to {site}, but requests go to {self._options.site} (--site)"
            return reject(workflow_id, instance_id, line, "wrong_site", reason)
        return row_of(workflow_id, instance_id, line, self._options)


def parts_of_link(link: str) -> tuple[str, str, str] | None:
    """A link's host, workflow and instance, empty where it has none; None for a link to anything else."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    steps = parts.path.strip("/").split("/")
    if parts.scheme not in {"http", "https"} or steps[0] != "workflow" or len(steps) == 1:
        return None
    return parts.hostname or "", steps[1], parse_qs(parts.query).get("instance", [""])[0]
