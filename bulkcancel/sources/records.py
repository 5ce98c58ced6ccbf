"""One record of each format made into a row. Which format it is, the first record decides."""

import csv
import json
import re
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, urlsplit

from bulkcancel.errors import InputError
from bulkcancel.sites import SITES, site_of_host
from bulkcancel.sources.columns import find_columns, listed
from bulkcancel.sources.pairs import as_uuid, reject, row_of
from bulkcancel.text import is_path_segment, printable

if TYPE_CHECKING:
    from bulkcancel.models import Row
    from bulkcancel.sources.pairs import InputOptions

DELIMITERS = ",;\t|"
_BRACED_ID = re.compile(r"\{[0-9A-Fa-f-]{32,36}\}", re.ASCII)
_MOST_COLUMNS = 1000
_MOST_NESTING = 5
_SHOWN = 100


class OpenQuoteError(Exception):
    """A record's last field is quoted and does not end in what has been read of it."""


class StrayQuoteError(OpenQuoteError):
    """A record of several lines has text behind a closing quote, so that its first quote was a slip."""


class Records(Protocol):
    """Reads the records of one format."""

    def row(self, text: str, line: int) -> "Row":
        """The row that a record stands for.

        Raises:
            OpenQuoteError: The record goes on in the next line.
        """
        ...


class Delimited:
    """CSV with any of the usual delimiters."""

    def __init__(
        self, delimiter: str, workflow: int | None, instance: int, options: "InputOptions", columns: int
    ) -> None:
        self._delimiter = delimiter
        self._workflow = workflow
        self._instance = instance
        self._options = options
        self._columns = columns

    def row(self, text: str, line: int) -> "Row":
        """The row of one CSV record."""
        fields = split(text, self._delimiter) if '"' in text else text.split(self._delimiter)
        if len(fields) > _MOST_COLUMNS:
            return reject("", "", line, "too_many_columns", f"the row has more than {_MOST_COLUMNS} columns")
        try:
            instance_id = fields[self._instance].strip()
            workflow_id = "" if self._workflow is None else fields[self._workflow].strip()
        except IndexError:
            found = f"the row has {len(fields)} of {self._columns} columns"
            known = "" if self._workflow is None else _at(fields, self._workflow)
            return reject(known, _at(fields, self._instance), line, "missing_id", found)
        return row_of(workflow_id, instance_id, line, self._options)


class JsonLines:
    """One JSON object per line; nested names are matched like dotted ones."""

    def __init__(self, options: "InputOptions") -> None:
        self._options = options
        self._names: list[str] = []
        self._places: tuple[int | None, int | None] = (None, None)

    def row(self, text: str, line: int) -> "Row":
        """The row of one JSON object."""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
            return reject("", "", line, "invalid_json", f"not JSON: {printable(reason, _SHOWN)}")
        if not isinstance(found, dict):
            return reject("", "", line, "invalid_json", "not a JSON object")
        fields = _flat(found)
        names = list(fields)
        if names != self._names:
            try:
                self._places = find_columns(names, self._options)
            except InputError as error:
                return reject("", "", line, "missing_id", f"the object {error}")
            self._names = names
        workflow, instance = self._places
        values = list(fields.values())
        workflow_id = None if workflow is None else values[workflow]
        instance_id = None if instance is None else values[instance]
        for name, value in (("workflow", workflow_id), ("instance", instance_id)):
            if value is not None and not isinstance(value, str):
                return reject("", "", line, "invalid_id", f"the {name} id is not a text: {_shown(value)}")
        return row_of((workflow_id or "").strip(), (instance_id or "").strip(), line, self._options)


class Links:
    """The product's own links, `https://app.<site>/workflow/<workflow>?instance=<instance>`."""

    def __init__(self, options: "InputOptions") -> None:
        self._options = options

    def row(self, text: str, line: int) -> "Row":
        """The row of one pasted link."""
        try:
            parts = urlsplit(text.strip())
            host = parts.hostname or ""
        except ValueError:
            parts, host = urlsplit(""), ""
        path = parts.path.strip("/").split("/")
        instance_id = parse_qs(parts.query).get("instance", [""])[0]
        if parts.scheme not in {"http", "https"} or path[0] != "workflow" or not path[1:] or not instance_id:
            reason = "not a link to an instance: https://app.<site>/workflow/<workflow>?instance=<instance>"
            return reject("", "", line, "bad_link", reason)
        site = site_of_host(host)
        if site is None:
            reason = f"{printable(host, _SHOWN)!r} is not a Datadog host; the sites are: {', '.join(SITES)}"
            return reject(path[1], instance_id, line, "bad_link", reason)
        if self._options.site not in {"", site}:
            reason = f"the link leads to {site}, but requests go to {self._options.site} (--site)"
            return reject(path[1], instance_id, line, "wrong_site", reason)
        return row_of(path[1], instance_id, line, self._options)


def choose(first: str, options: "InputOptions", delimiter: str = "") -> tuple[Records, bool]:
    """Tell the format by the first record, and whether that record is itself a row.

    Args:
        first: The record.
        options: The names and ids that were given.
        delimiter: What a spreadsheet's `sep=` line named, or empty.

    Raises:
        InputError: No column can be used, or the format is not one of ours.
        OpenQuoteError: The record goes on in the next line.
    """
    start = first.lstrip()
    if start.startswith("{") and not _BRACED_ID.match(start):
        return _json_lines(first, options)
    if start.startswith("["):
        raise InputError("is one JSON array, not JSON lines; convert it first: jq -c '.[]'")
    if start.lower().startswith(("http://", "https://")):
        return Links(options), True
    return _delimited(first, options, delimiter or DELIMITERS)


def split(text: str, delimiter: str) -> list[str]:
    """The fields of one CSV record with quotes in it.

    Raises:
        OpenQuoteError: The last field's quote does not end.
    """
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise OpenQuoteError from None
        if "\n" in text:
            raise StrayQuoteError from None
    try:
        return next(csv.reader([text], delimiter=delimiter))
    except csv.Error:  # a field beyond the csv module's own limit
        return [text]


def _json_lines(first: str, options: "InputOptions") -> tuple[Records, bool]:
    try:
        fields = _flat(json.loads(first))
    except (ValueError, RecursionError, AttributeError):
        return JsonLines(options), True  # the row itself will say what is wrong with it
    workflow, instance = find_columns(list(fields), options)
    if instance is None or (workflow is None and options.workflow_id is None):
        raise InputError(_no_columns(list(fields), workflow, instance, options))
    return JsonLines(options), True


def _delimited(first: str, options: "InputOptions", delimiters: str) -> tuple[Records, bool]:
    records = {delimiter: split(first, delimiter) for delimiter in delimiters}
    asks = options.workflow_column is not None or options.instance_column is not None
    best = max(records, key=lambda delimiter: len(records[delimiter]))
    for delimiter, fields in records.items():
        if asks and delimiter != best:
            continue  # a name that was asked for and is missing is reported for the likeliest split
        workflow, instance = find_columns(fields, options)
        if instance is not None and (workflow is not None or options.workflow_id is not None):
            return Delimited(delimiter, workflow, instance, options, len(fields)), False
    for delimiter, fields in records.items():
        if _is_headerless(fields, options):
            # A row that has two ids names its own workflow, whatever else was given.
            has_both = options.workflow_id is None or _are_ids(fields, 2, options)
            workflow, instance = (0, 1) if has_both else (None, 0)
            return Delimited(delimiter, workflow, instance, options, len(fields)), True
    names = records[best]
    if options.workflow_id is None and any(as_uuid(name.strip()) for name in names):
        raise InputError("has bare instance ids in one column; say whose they are with --workflow-id")
    raise InputError(_no_columns(names, *find_columns(names, options), options))


def _is_headerless(fields: list[str], options: "InputOptions") -> bool:
    """Whether a first record is data: it holds an id that no header would be named."""
    needed = 2 if options.workflow_id is None else 1
    if len(fields) < needed:
        return False
    return any(as_uuid(field.strip()) for field in fields[:needed]) or _are_ids(fields, needed, options)


def _are_ids(fields: list[str], count: int, options: "InputOptions") -> bool:
    """Whether a record begins with that many ids; other ids than UUIDs are told from names by a digit."""
    ids = [field.strip() for field in fields[:count]]
    return len(ids) == count and all(
        as_uuid(text) or (options.any_id and is_path_segment(text) and any(map(str.isdigit, text)))
        for text in ids
    )


def _no_columns(names: list[str], workflow: int | None, instance: int | None, options: "InputOptions") -> str:
    if instance is None and workflow is None:
        missing = "no usable column"
    else:
        missing = f"no column with the {'workflow' if workflow is None else 'instance'} ids"
    ways = "--instance-column" if options.workflow_id is not None else "--workflow-column, --instance-column"
    return (
        f"has {missing}: it needs workflow_id and instance_id; found: {listed(names)}. "
        f"Name others with {ways}, or give one workflow for all rows with --workflow-id"
    )


def _flat(found: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, dict) and depth < _MOST_NESTING:
            fields.update(_flat(value, f"{prefix}{name}.", depth + 1))
        else:
            fields[f"{prefix}{name}"] = value
    return fields


def _at(fields: list[str], place: int) -> str:
    return fields[place].strip() if place < len(fields) else ""


def _shown(value: object) -> str:
    try:
        return printable(json.dumps(value), _SHOWN)
    except RecursionError:  # it was read with a little less on the stack
        return f"a {type(value).__name__} nested too deep"
