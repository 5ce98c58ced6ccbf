"""What `check` finds: the words for it."""

from dataclasses import dataclass
from enum import StrEnum


class CheckName(StrEnum):
    """What is looked at, in the order in which a person would look."""

    NAME_RESOLUTION = "name_resolution"
    PROXY = "proxy"
    TLS = "tls"
    CLOCK = "clock"
    API_KEY = "api_key"  # pragma: allowlist secret
    BOTH_KEYS = "both_keys"
    WORKFLOWS_READ = "workflows_read"
    WORKFLOWS_RUN = "workflows_run"
    QUOTA = "quota"

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS.get(self, self.value)


_LABELS = {
    CheckName.NAME_RESOLUTION: "name resolution",
    CheckName.TLS: "TLS",
    CheckName.API_KEY: "API key",  # pragma: allowlist secret
    CheckName.BOTH_KEYS: "both keys",
}


class CheckStatus(StrEnum):
    """How it is."""

    OK = "ok"
    UNKNOWN = "?"
    FAILED = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing.

    Attributes:
        name: What was looked at.
        status: How it is.
        detail: What was seen, a phrase for people; it holds no key.
        remedy: What to do about it, or empty.
    """

    name: CheckName
    status: CheckStatus
    detail: str
    remedy: str = ""


def fine(name: CheckName, detail: str) -> Finding:
    """It is as it should be."""
    return Finding(name, CheckStatus.OK, detail)


def failed(name: CheckName, detail: str, remedy: str) -> Finding:
    """It is not, and something can be done."""
    return Finding(name, CheckStatus.FAILED, detail, remedy)


def unknown(name: CheckName, detail: str, remedy: str = "") -> Finding:
    """It can't be told."""
    return Finding(name, CheckStatus.UNKNOWN, detail, remedy)


def not_checked(name: CheckName, reason: str) -> Finding:
    """It was not looked at, or it says nothing, for something before it failed."""
    return unknown(name, f"not checked: {reason}")
