"""Whether a refusal means the keys, or the one workflow it was said of."""

from bulkcancel.answers import Verdict

_REFUSED_WORKFLOWS = 3
_REFUSALS_BEFORE_CHECK = 25


class CredentialCheck:
    """Tells refused credentials from a workflow that this key may not cancel.

    Both answer 403, so until one request has been accepted the evidence is weighed: the key
    check decides first; where it passes, a second and third workflow are tried, one request each.
    """

    def __init__(self) -> None:
        self._proven = False
        self._workflows: set[str] = set()
        self._in_a_row = 0

    @property
    def is_proven(self) -> bool:
        """Whether a request was not refused."""
        return self._proven

    @property
    def is_unproven(self) -> bool:
        """Whether requests were refused and none has been answered otherwise."""
        return bool(self._workflows) and not self._proven

    def holds_back(self, workflow_id: str) -> bool:
        """Whether a row of this workflow would only repeat a refusal that still needs explaining."""
        return not self._proven and workflow_id in self._workflows

    def passed(self) -> None:
        """Note a request that was not refused: the keys are good for something."""
        self._proven = True
        self._in_a_row = 0

    def refused(self, verdict: Verdict, workflow_id: str) -> bool:
        """Note a refusal, and tell whether the keys should be checked now."""
        self._in_a_row += 1
        if not self._proven:
            self._workflows.add(workflow_id)
        if verdict is Verdict.UNAUTHORIZED:
            return False
        first = not self._proven and self._in_a_row == 1
        return first or self._in_a_row % _REFUSALS_BEFORE_CHECK == 0

    def ends_the_run(self, verdict: Verdict, *, keys_pass: bool) -> bool:
        """Whether the refusal just noted means that no request can succeed."""
        if verdict is Verdict.UNAUTHORIZED or not keys_pass:
            return True
        return not self._proven and len(self._workflows) >= _REFUSED_WORKFLOWS
