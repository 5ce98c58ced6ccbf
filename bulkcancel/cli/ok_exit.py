"""What a process ends with: the exit code that its rows call for, or 0 where `--ok-exit` says so."""

from dataclasses import dataclass

from bulkcancel.models import ExitCode, StopReason

#: Why some exit codes are never taken as 0.
NEVER_OK = {
    ExitCode.USAGE: "nothing was sent, and a job that does nothing would pass for one that works",
    ExitCode.REPORT_LOST: "rows were sent, and what became of them is not on record",
    ExitCode.INTERRUPTED: "rows are left, because somebody stopped it",
    ExitCode.TERMINATED: "rows are left, because somebody stopped it",
}
MAY_BE_OK = frozenset({ExitCode.INCOMPLETE, ExitCode.STOPPED})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ends.

    Attributes:
        code: The exit code that what it did calls for.
        process_code: What the process ends with.
    """

    code: ExitCode
    process_code: ExitCode

    def said(self, text: str) -> str:
        """The last line, with the exit code first where the process ends with another."""
        if self.process_code is self.code:
            return text
        return f"Exit code {int(self.code)}, taken as 0 by --ok-exit. {text}"

    def as_dict(self) -> dict[str, int]:
        """The same for programs."""
        return {"exit_code": int(self.code), "process_exit_code": int(self.process_code)}


@dataclass(frozen=True, slots=True)
class OkExit:
    """The exit codes that are taken as 0."""

    codes: frozenset[ExitCode] = frozenset()

    def ending(self, code: ExitCode, stop: StopReason | None = None) -> Ending:
        """How a command ends.

        Args:
            code: The exit code that what it did calls for.
            stop: Why it ended early, or None. Of the reasons to stop, the planned one alone can be a success:
                refused keys must not pass for one because a job is also bounded by `--max-duration`.
        """
        is_ok = code in self.codes and stop in {None, StopReason.MAX_DURATION}
        return Ending(code, ExitCode.OK if is_ok else code)
