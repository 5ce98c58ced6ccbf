"""What a drain says before it begins, and when it has ended; nothing here prints."""

from typing import TYPE_CHECKING

from bulkcancel.progress.words import about, duration, number_of

if TYPE_CHECKING:
    from bulkcancel.listings import WorkflowInfo
    from bulkcancel.operations.drain import Drain, DrainOptions, DrainPlan
    from bulkcancel.settings import Rate
    from bulkcancel.tally import Summary

_WORKFLOWS_SHOWN = 10
_GAPS_SHOWN = 3
_LATE = "Buffered instances can still start minutes later: look again with `bulkcancel find`."


def plan_lines(
    plan: "DrainPlan", options: "DrainOptions", *, where: str, rate: "Rate | None", reason: str | None
) -> list[str]:
    """What would be drained, in words."""
    named = options.workflow_ids
    ids = [one for one, _ in plan.counts.most_common()]
    ids += [one for one in named or () if one not in plan.counts]
    flows = number_of(len(ids), "workflow")
    runs = "nothing runs" if not plan.found else f"{number_of(plan.found, 'instance')} to cancel"
    lines = [f"Plan: drain {flows} at {where}: {runs}"]
    for workflow_id in ids[:_WORKFLOWS_SHOWN]:
        shown = plan.workflows.get(workflow_id)
        lines.append(f"  {plan.counts[workflow_id]:>9,}  {workflow_id}{_about(shown)}")
    if len(ids) > _WORKFLOWS_SHOWN:
        rest = plan.found - sum(plan.counts[one] for one in ids[:_WORKFLOWS_SHOWN])
        lines.append(f"  {rest:>9,}  in {len(ids) - _WORKFLOWS_SHOWN:,} more workflows")
    if plan.others:
        lines.append(f"{number_of(plan.others, 'more instance')} running that your filters leave out")
    if rate is not None and plan.found:
        lines.append(f"Takes about {about(rate.seconds_for(plan.found))} at your --rate")
    if options.unpublish:
        again = (
            "published again at the end"
            if options.republish
            else "they stay so until somebody publishes them"
        )
        lines.append(f"First: unpublish them, so that automatic triggers start nothing more; {again}")
    elif any(one.published for one in plan.workflows.values()):
        lines.append("Published workflows can start more meanwhile; --unpublish stops that first")
    if reason:
        lines.append(f"Reason: {reason}")
    return lines


def _about(shown: "WorkflowInfo | None") -> str:
    if shown is None:
        return ""
    state = {True: "published", False: "unpublished", None: ""}[shown.published]
    words = ", ".join(filter(None, (shown.name, state)))
    return f"  {words}" if words else ""


def question_of(options: "DrainOptions", plan: "DrainPlan", *, where: str, rate: "Rate | None") -> str:
    """The question that the plan is about; what is unpublished is asked for by name."""
    takes = f" Takes about {about(rate.seconds_for(plan.found))}." if rate is not None and plan.found else ""
    if not options.unpublish:
        found = f"{number_of(plan.found, 'instance')} of {number_of(len(plan.counts), 'workflow')}"
        return f"Cancel {found} at {where}, and what starts meanwhile?{takes}"
    ids = list(plan.counts) if options.workflow_ids is None else list(options.workflow_ids)
    names = [shown.name if (shown := plan.workflows.get(one)) and shown.name else one for one in ids]
    listed = ", ".join(names[:_WORKFLOWS_SHOWN])
    more = f" and {len(names) - _WORKFLOWS_SHOWN:,} more" if len(names) > _WORKFLOWS_SHOWN else ""
    return f"Unpublish {listed}{more}, and cancel what runs, at {where}?{takes}"


def end_words_of(summary: "Summary", drain: "Drain", *, last: str, where: str, go_on: str, site: str) -> str:
    """The last line of a drain.

    Args:
        summary: What its rows came to.
        drain: The drain.
        last: What a run would say.
        where: The report's name.
        go_on: The command that continues, or empty.
        site: The site, to link to its workflows, or empty.
    """
    aside = [*drain.notes, *_unpublished(drain, site)]
    if summary.stop is not None or summary.loss is not None:
        return " ".join([*aside, last])
    what, is_done = _end(summary, drain)
    then = f"Continue: {go_on}" if go_on and not is_done else f"Report: {where}"
    return " ".join([what, *aside, then])


def _end(summary: "Summary", drain: "Drain") -> tuple[str, bool]:
    """What came of it, and whether nothing is left to do."""
    rows = drain.rows
    if rows.is_empty:
        proof = f"Empty: two passes, {duration(drain.options.settle)} apart, found nothing running."
        if summary.unfinished:
            return f"{proof} But {number_of(summary.unfinished, 'row')} not done.", False
        return f"{proof} {_LATE}", True
    if rows.is_futile:
        running = number_of(rows.passes[-1].running, "instance")
        return f"Not empty: {running} still running, although the cancel was sent again and again.", False
    gaps = rows.passes[-1].gaps if rows.passes else []
    return f"Not proven empty: {'; '.join(gaps[:_GAPS_SHOWN]) or 'no pass came to its end'}.", False


def _unpublished(drain: "Drain", site: str) -> list[str]:
    if not drain.unpublished:
        return []
    shown = [
        f"{name or workflow_id} (https://app.{site}/workflow/{workflow_id})" if site else name or workflow_id
        for workflow_id, name in drain.unpublished.items()
    ]
    return [f"Still unpublished, to be published again in the workflow editor: {', '.join(shown)}."]
