"""What a pacer would say, and what it gives."""

from copy import deepcopy

from bulkcancel.pacing import Pacer, Permit, Wait


def peek(pacer: Pacer, now: float, waiting: int = 1) -> float:
    """Seconds it would have us wait, 0.0 for none; nothing is taken."""
    decision = deepcopy(pacer).ask(now, waiting)
    return decision.seconds if isinstance(decision, Wait) else 0.0


def held(pacer: Pacer, now: float, waiting: int = 1) -> Wait | None:
    """What would hold everybody back, or None; nothing is taken."""
    decision = deepcopy(pacer).ask(now, waiting)
    return decision if isinstance(decision, Wait) and decision.reason is not None else None


def force(pacer: Pacer, now: float) -> Permit:
    """A permit for a request that is on the wire whatever the pacer would say now."""
    return pacer._permit(now, alone=False)


def take(pacer: Pacer, now: float, waiting: int = 1) -> Permit:
    """The permit it gives."""
    decision = pacer.ask(now, waiting)
    assert isinstance(decision, Permit), decision
    return decision
