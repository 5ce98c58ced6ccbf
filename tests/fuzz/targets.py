"""What is fuzzed: each target takes bytes and must come back, whatever they are; what else must hold is asserted."""

import io
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from bulkcancel import answers
from bulkcancel.cli.named_workflows import named_workflows
from bulkcancel.datadog.keys import Credentials, read_credentials
from bulkcancel.datadog.redact import Redactor
from bulkcancel.datadog.target import Target
from bulkcancel.errors import ConfigurationError, InputError, ReportError
from bulkcancel.models import Failure, FailureKind, InstanceRef, Reply, Row
from bulkcancel.overview.count import overview_of
from bulkcancel.overview.document import document_of
from bulkcancel.overview.facts import ReportFile
from bulkcancel.overview.markdown import markdown_of
from bulkcancel.overview.merge import merge
from bulkcancel.overview.page.rows import OWN_ID, FailureRows
from bulkcancel.overview.text import text_of
from bulkcancel.pacing import read_rate_limit_headers
from bulkcancel.pacing.headers import LONGEST_PAUSE
from bulkcancel.report import Format, read_recorded, read_results
from bulkcancel.report.saved import open_saved
from bulkcancel.sites import is_loopback
from bulkcancel.sources import InputOptions, Parser
from bulkcancel.sources.pairs import as_uuid
from bulkcancel.text import is_path_segment, printable

_WORKFLOW = "11111111-2222-4333-8444-555555555555"
_WALL = 1_800_000_000.0
_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Period",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Retry-After",
)
_STATUSES = (200, 202, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503, 100)
# pragma: allowlist nextline secret
_API_KEY, _APP_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2 + "00112233"
_REDACTOR = Redactor((_API_KEY, _APP_KEY))


def fuzz_parsing(data: bytes) -> None:
    """Bytes of an input: its first byte is the options, its second the size of the pieces it comes in."""
    flags, step = (data[0], data[1] % 32 + 1) if len(data) > 1 else (0, 1)
    options = InputOptions(
        any_id=bool(flags & 1),
        workflow_id=("job-1" if flags & 1 else _WORKFLOW) if flags & 2 else None,
        instance_column="run" if flags & 4 else None,
        site="datadoghq.com" if flags & 8 else "",
    )
    whole = _rows(data[2:], options, len(data) + 1)
    sliced = _rows(data[2:], options, step)
    # What zlib gives before it limits damage depends on the pieces; rows that were lost are told of.
    if not data[2:].startswith(b"\x1f\x8b") or not (_is_damaged(whole) or _is_damaged(sliced)):
        assert whole == sliced, "slices matter"
    for row in whole or ():
        if isinstance(row, InstanceRef):
            assert is_path_segment(row.workflow_id), "a workflow id that can't be sent"
            assert is_path_segment(row.instance_id), "an instance id that can't be sent"
            ids = (row.workflow_id, row.instance_id)
            assert options.any_id or ids == tuple(map(as_uuid, ids)), (
                "a UUID in another form than it is sent in"
            )
            assert options.workflow_id in {None, row.workflow_id}, "another workflow than was given"
        else:
            assert (row.workflow_id + row.instance_id + row.reason).replace(" ", "").isprintable(), (
                "unprintable"
            )


def _is_damaged(rows: list[Row] | None) -> bool:
    return rows is None or any(getattr(row, "code", "") == "unreadable" for row in rows)


def _rows(data: bytes, options: InputOptions, step: int) -> list[Row] | None:
    parser = Parser(options)
    found: list[Row] = []
    try:
        for start in range(0, len(data), step):
            found += parser.feed(data[start : start + step])
            if parser.is_broken:
                return found
        return [*found, *parser.feed(b"", final=True)]
    except InputError as error:
        assert str(error)
        return None


def fuzz_headers(data: bytes) -> None:
    """Quota headers, one a line, in the order of `_HEADERS`."""
    texts = data.decode("utf-8", "surrogateescape").split("\n")
    limits = read_rate_limit_headers(dict(zip(_HEADERS, texts, strict=False)), _WALL)
    assert 0.0 <= (limits.retry_after or 0.0) <= LONGEST_PAUSE, "waits too long"
    assert 0.0 <= (limits.reset or 0.0) <= 86_401, "waits too long"
    assert limits.broken in {"", *_HEADERS}


def fuzz_reports(data: bytes) -> None:
    """Lines of a report: what is read comes back as it was, and never as a formula."""
    for form in Format:
        for line in data.decode("utf-8", "replace").split("\n"):
            try:
                result = form.decode(line)
            except ValueError:
                continue
            again = form.encode(result)
            assert again.count(b"\n") == 1
            assert form.decode(again.decode()) == form.decode(
                form.encode(form.decode(again.decode())).decode()
            )


def fuzz_report_files(data: bytes) -> None:
    """A whole report from somewhere."""
    for name in ("r.csv", "r.jsonl"):
        path = _scratch() / name
        path.write_bytes(data)
        for read in (read_results, read_recorded):
            try:
                list(read(path))
            except ReportError as error:
                assert str(error)


def fuzz_overviews(data: bytes) -> None:
    """Two reports, a form feed between them: whatever they hold, all numbers add up, and no text is markup."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        reports = []
        try:
            for number, part in enumerate(data.split(b"\f", 1)):
                path = Path(folder) / f"{number}"
                path.write_bytes(part)
                reports.append(stack.enter_context(open_saved(str(path))))
            merged = merge(reports)
        except ReportError:
            return
        rows = FailureRows()
        files = [ReportFile(one.name, count) for one, count in zip(reports, merged.rows, strict=True)]
        found = overview_of(reports, merged, files, [rows.take])
    assert found.rows + found.replaced == sum(merged.rows)
    assert sum(one.rows for one in found.workflows) == found.rows
    assert sum(one.rows for one in found.causes) == found.failures == len(rows.data()["line"])
    assert text_of(found, 80).replace("\n", "").isprintable()
    assert markdown_of(found).replace("\n", "").isprintable()
    assert all(text.replace(OWN_ID, "").isprintable() for text in rows.data()["texts"])
    json.dumps(document_of(found))


def fuzz_bodies(data: bytes) -> None:
    """A server's answer: its first byte is the status."""
    status = _STATUSES[data[0] % len(_STATUSES)] if data else 200
    body = _REDACTOR.body(data[1:])
    location = _REDACTOR.text(data[1:200].decode("latin-1"))
    reply = Reply(status, {"Location": location}, body)
    for text in (
        (classification := answers.classify(reply)).code,
        classification.detail,
        answers.read_state(reply)[1],
        answers.classify(Failure(FailureKind.UNKNOWN, printable(location, 200))).detail,
    ):
        assert _is_printable(text), "unprintable"
        assert len(text) <= 2 * answers.DETAIL_LIMIT, "too long"
        assert _API_KEY not in text.lower(), "a key"
        assert _APP_KEY not in text.lower(), "a key"


def fuzz_base_urls(data: bytes) -> None:
    """A URL that is accepted has one reading, and shows the keys to nobody."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        url = Target.of_url(text).base_url
    except ConfigurationError as error:
        assert _is_printable(str(error)), "unprintable"
        return
    parts = urlsplit(url)
    assert url.isascii()
    assert parts.username is None
    assert parts.query == parts.fragment == ""
    assert parts.scheme == "https" or is_loopback(parts.hostname or "")
    assert Target.of_url(url).base_url == url, "two readings"


def fuzz_keys_files(data: bytes) -> None:
    """Keys from a file can stand in a header, and no complaint repeats them."""
    path = _scratch() / "keys"
    path.write_bytes(data)
    path.chmod(0o600)
    try:
        found = read_credentials({}, path)
    except ConfigurationError as error:
        for line in data.decode("utf-8", "replace").splitlines():
            value = line.partition("=")[2].strip()
            assert len(value) < 16 or value not in str(error), "a key in a message"
        return
    assert (found.api_key + found.app_key).replace("-", "a").replace("_", "a").isalnum()
    assert isinstance(found, Credentials)
    assert str(found.api_key) not in repr(found) or len(found.api_key) < 12


def fuzz_workflows(data: bytes) -> None:
    """Bytes on the standard input of `find -`: its first byte is the options."""
    any_id, site = bool(data[:1] and data[0] & 1), "datadoghq.com" if data[:1] and data[0] & 2 else ""
    standard = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(data[1:]), encoding="utf-8")
    try:
        found = named_workflows(["-"], lists=False, any_id=any_id, site=site)
    except ConfigurationError:
        return
    finally:
        sys.stdin = standard
    for one in found or ():
        assert is_path_segment(one), "a workflow id that can't be sent"
        assert any_id or one == as_uuid(one), "a UUID in another form than it is sent in"


def _is_printable(text: str) -> bool:
    return printable(text, len(text)) == text


def _scratch() -> Path:
    global _directory  # noqa: PLW0603 - one for the process
    if _directory is None:
        _directory = tempfile.TemporaryDirectory()
    return Path(_directory.name)


_directory: tempfile.TemporaryDirectory[str] | None = None

#: By name, as `make fuzz` and the corpus have them.
TARGETS: dict[str, Callable[[bytes], None]] = {
    "parsing": fuzz_parsing,
    "headers": fuzz_headers,
    "reports": fuzz_reports,
    "report_files": fuzz_report_files,
    "overviews": fuzz_overviews,
    "bodies": fuzz_bodies,
    "base_urls": fuzz_base_urls,
    "keys_files": fuzz_keys_files,
    "workflows": fuzz_workflows,
}
