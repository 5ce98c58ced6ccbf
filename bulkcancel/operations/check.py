"""Is all there that a cancel needs? Found out beforehand, without changing anything."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from yarl import URL

from bulkcancel.clock import SystemClock
from bulkcancel.datadog import Credentials, Target, connect, read_credentials
from bulkcancel.datadog.contact import NoContact, look_up, make_contact
from bulkcancel.datadog.target import DEFAULT_SITE
from bulkcancel.datadog.transport import proxy_for, why_no_proxy
from bulkcancel.errors import ConfigurationError
from bulkcancel.operations import key_findings, network_findings
from bulkcancel.operations.arguments import check_arguments, is_duration, require_asyncio
from bulkcancel.operations.findings import CheckName, CheckStatus, Finding, failed, not_checked
from bulkcancel.settings import Settings
from bulkcancel.sites import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkcancel.clock import Clock

#: Seconds that each step may take: a look-up, a first contact, and what is asked with the keys side by side.
STEP_SECONDS = 4.0


async def check(
    *,
    credentials: Credentials | ConfigurationError | None = None,
    target: Target | None = None,
    ca_bundle: "str | os.PathLike[str] | None" = None,
    step_seconds: float = STEP_SECONDS,
    on_finding: "Callable[[Finding], object] | None" = None,
) -> tuple[Finding, ...]:
    """Look at the way to the API, the keys and what they may do. Four requests at most; nothing is changed.

    Args:
        credentials: The two keys, or why there are none; from the environment by default.
        target: The API; by default that of `DD_SITE`, or of datadoghq.com.
        ca_bundle: Certificates to trust instead of the system's.
        step_seconds: How long each of three steps may take.
        on_finding: Is called with each finding as it is made.

    Returns:
        One finding for each `CheckName`, in its order.

    Raises:
        ConfigurationError: An argument can't be used, the site is unknown, or no asyncio event loop runs.
    """
    require_asyncio()
    is_credentials = isinstance(credentials, Credentials | ConfigurationError | None)
    is_heard = on_finding is None or callable(on_finding)
    check_arguments(
        ("credentials", credentials, "a Credentials", is_credentials),
        ("target", target, "a Target", isinstance(target, Target | None)),
        ("ca_bundle", ca_bundle, "a path", isinstance(ca_bundle, str | os.PathLike | None)),
        ("step_seconds", step_seconds, "seconds, above 0", is_duration(step_seconds)),
        ("on_finding", on_finding, "a function that takes a Finding", is_heard),
    )
    target = target or Target.of_site(os.environ.get("DD_SITE") or DEFAULT_SITE)
    bundle = None if ca_bundle is None else Path(ca_bundle)
    return await Checkup(target, credentials or _keys(), bundle, step_seconds, on_finding).run()


def _keys() -> Credentials | ConfigurationError:
    try:
        return read_credentials(os.environ)
    except ConfigurationError as error:
        return error


class Checkup:
    """One look at everything, step by step: what depends on something that failed is not judged."""

    def __init__(
        self,
        target: Target,
        credentials: Credentials | ConfigurationError,
        ca_bundle: Path | None = None,
        step_seconds: float = STEP_SECONDS,
        on_finding: "Callable[[Finding], object] | None" = None,
        clock: "Clock | None" = None,
    ) -> None:
        self._target = target
        self._credentials = credentials
        self._ca_bundle = ca_bundle
        self._step_seconds = step_seconds
        self._on_finding = on_finding
        self._clock = clock or SystemClock()
        self._findings: list[Finding] = []

    async def run(self) -> tuple[Finding, ...]:
        """Look, until there is nothing more to look at."""
        missing = await self._try_the_way() or await self._try_the_keys()
        for name in tuple(CheckName)[len(self._findings) :]:
            finding = not_checked(name, missing)
            if name is CheckName.API_KEY and isinstance(self._credentials, ConfigurationError):
                finding = key_findings.of_missing_keys(self._credentials)
            self._add(finding)
        return tuple(self._findings)

    async def _try_the_way(self) -> str:
        """Look at name, proxy, TLS and clock; tells why the keys can't be tried, or nothing."""
        url = URL(self._target.base_url)
        host = url.host or ""
        try:
            proxy = proxy_for(self._target.base_url)
        except ConfigurationError as error:
            missing = "the proxy's variable can't be used"
            self._add(not_checked(CheckName.NAME_RESOLUTION, missing))
            self._add(failed(CheckName.PROXY, str(error), "Set it right, or unset it."))
            return missing
        if not await self._look_up(proxy or url, asks_for=host if proxy is not None else ""):
            return "name resolution failed"
        try:
            contact = await make_contact(
                self._target,
                proxy=proxy,
                ca_bundle=self._ca_bundle,
                seconds=self._step_seconds,
                clock=self._clock,
            )
        except ConfigurationError as error:
            missing = "the CA bundle can't be used"
            self._add(not_checked(CheckName.PROXY, missing))
            self._add(failed(CheckName.TLS, str(error), "Name a file of certificates in PEM."))
            return missing
        shown = "" if proxy is None else proxy.host_port_subcomponent or ""
        self._add(network_findings.of_proxy(shown, why_no_proxy(self._target.base_url), contact))
        if self._has_failed(CheckName.PROXY):
            return "the proxy does not let us pass"
        self._add(
            network_findings.of_tls(
                url.host_port_subcomponent or "",
                contact,
                is_https=url.scheme == "https",
                is_loopback=is_loopback(host),
                now=self._clock.wall(),
            )
        )
        if self._has_failed(CheckName.TLS):
            return "there is no connection that can be trusted"
        if isinstance(contact, NoContact):
            missing = "there was no reply"
            self._add(not_checked(CheckName.CLOCK, missing))
            self._add(key_findings.of_no_reply(contact.detail))
            return missing
        self._add(network_findings.of_clock(contact))
        return ""

    async def _look_up(self, url: URL, *, asks_for: str) -> bool:
        host = url.host or ""
        try:
            async with asyncio.timeout(self._step_seconds):
                addresses = await look_up(host, url.port or 0)
        except (OSError, UnicodeError) as error:  # a TimeoutError is one of the first
            self._add(network_findings.of_failed_look_up(host, error, self._named_by(asks_for)))
            return False
        self._add(network_findings.of_addresses(host, addresses, asks_for))
        return True

    def _named_by(self, behind_proxy: str) -> str:
        """What a host was named by that may be misspelled, or empty: sites are known ones."""
        if behind_proxy:
            return "HTTPS_PROXY or ALL_PROXY"
        return "" if self._target.site else "--base-url"

    async def _try_the_keys(self) -> str:
        """Ask what the keys may do, all at once; tells why that could not be, or nothing."""
        if isinstance(self._credentials, ConfigurationError):
            return "there are no keys"
        settings = Settings(timeout=self._step_seconds)
        async with connect(
            self._target, self._credentials, settings=settings, ca_bundle=self._ca_bundle
        ) as api:
            api_key, both_keys, workflows = await asyncio.gather(
                api.check_api_key(), api.check_keys(), api.list_workflows(limit=1, page=0)
            )
        self._add(key_findings.of_api_key(api_key, self._target.site))
        self._add_in_turn(key_findings.of_both_keys(both_keys))
        self._add_in_turn(key_findings.of_workflows_read(workflows))
        self._add_in_turn(key_findings.of_workflows_run())
        replies = {"lists of workflows": workflows, "checks of keys": both_keys}
        self._add(key_findings.of_quota(replies, self._clock.wall()))
        return ""

    def _add_in_turn(self, finding: Finding) -> None:
        """Add what one can only be sure of where the keys are good."""
        keys = (CheckName.API_KEY, CheckName.BOTH_KEYS)
        failed_before = next((name for name in keys if self._has_failed(name)), None)
        if failed_before is not None and finding.status is not CheckStatus.OK:
            finding = not_checked(finding.name, f"{failed_before.label} failed")
        self._add(finding)

    def _has_failed(self, name: CheckName) -> bool:
        return any(one.name is name and one.status is CheckStatus.FAILED for one in self._findings)

    def _add(self, finding: Finding) -> None:
        self._findings.append(finding)
        if self._on_finding is not None:
            self._on_finding(finding)
