"""What a run tells the event stream: one event where it begins and one where it ends, kept together by a key.

https://docs.datadoghq.com/api/latest/events/post-an-event/: version 1 takes title and text, needs the API key
alone, and is served at the API's own host; version 2 has a host of its own, and a category that none of ours
fits. A source is left out, for only those of the vendor's list count. So is the time: it is when it arrives,
and a machine whose clock is wrong would have the event refused.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkcancel.models import ExitCode
from bulkcancel.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulkcancel.tally import Summary

_LONGEST_TEXT = 4_000  # characters, by the vendor's page
_LONGEST_REASON = 1_000
_LONGEST_NAME = 200
_MOST_WORKFLOWS = 10
_ALERTS = {
    ExitCode.OK: "success",
    ExitCode.INCOMPLETE: "warning",
    ExitCode.INTERRUPTED: "warning",
    ExitCode.TERMINATED: "warning",
}
_CANCELS = {"run": "cancels instances", "drain": "drains workflows"}
_ENDINGS = {
    ExitCode.OK: "done",
    ExitCode.INCOMPLETE: "ended, not everything is done",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}


@dataclass(frozen=True, slots=True)
class RunNotice:
    """What is known of a run where it begins.

    Attributes:
        operation: `run` or `drain`.
        run_id: The run's own name.
        where: What messages call the target.
        site: The site, to link to its workflows, or empty.
        reason: Why, as the person put it, or None.
        report: The report's name.
        tags: Tags of both events.
    """

    operation: str
    run_id: str
    where: str
    site: str
    reason: str | None
    report: str
    tags: tuple[str, ...] = ()

    def begun(self, workflow_ids: "Sequence[str]" = ()) -> dict[str, Any]:
        """The event where it begins."""
        what = _CANCELS.get(self.operation, self.operation)
        return self._event(f"bulkcancel {what} at {self.where}", "info", self._links(workflow_ids))

    def ended(self, summary: "Summary", workflow_ids: "Sequence[str]" = ()) -> dict[str, Any]:
        """The event where it ends."""
        code = summary.exit_code
        how = _ENDINGS.get(code, "stopped early")
        counts = [f"- {count:,} {outcome.value}" for outcome, count in summary.outcomes.items() if count]
        stop = "" if summary.stop is None else f", {summary.stop.value}"
        lines = [f"Exit code {int(code)}{stop}, after {summary.duration:,.0f} s", ""]
        lines += [*(counts or ["- no rows"]), "", *self._links(workflow_ids)]
        return self._event(
            f"bulkcancel {self.operation} {how} at {self.where}",
            _ALERTS.get(code, "error"),
            lines,
            [f"exit_code:{int(code)}"],
        )

    def _links(self, workflow_ids: "Sequence[str]") -> list[str]:
        shown = [self._link(one) for one in workflow_ids[:_MOST_WORKFLOWS]]
        more = len(workflow_ids) - len(shown)
        if more:
            shown.append(f"and {more:,} more")
        return [f"Workflows: {', '.join(shown)}", ""] if shown else []

    def _link(self, workflow_id: str) -> str:
        if not self.site:
            return workflow_id
        return f"[{workflow_id}](https://app.{self.site}/workflow/{workflow_id})"

    def _event(
        self, title: str, alert: str, lines: "Iterable[str]", tags: "Iterable[str]" = ()
    ) -> dict[str, Any]:
        about = [f"Reason: {printable(self.reason, _LONGEST_REASON)}", ""] if self.reason else []
        rest = [f"Report: {printable(self.report, _LONGEST_NAME)}", "", f"Run: {self.run_id}"]
        text = "\n".join([*about, *lines, *rest])
        # The marks have the text read as Markdown.
        return {
            "title": printable(title, _LONGEST_NAME // 2),
            "text": f"%%% \n{text[: _LONGEST_TEXT - 10]}\n %%%",
            "alert_type": alert,
            "aggregation_key": f"bulkcancel-{self.run_id}",
            "tags": [f"operation:{self.operation}", f"run_id:{self.run_id}", *self.tags, *tags],
        }
