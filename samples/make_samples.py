"""Writes the samples beside it; the same bytes every time, as a test makes sure."""

import gzip
import json
from pathlib import Path
from random import Random
from uuid import UUID

ROWS = 1000
HERE = Path(__file__).parent


def uuids(random: Random) -> str:
    """A made-up UUID that the sandbox knows."""
    return str(UUID(int=random.getrandbits(128) | 1 << 127, version=4))


def incident(random: Random) -> tuple[list[tuple[str, str]], str]:
    """A runaway workflow among six others: 1,000 rows with the flaws such lists have."""
    workflows = [uuids(random) for _ in range(7)]
    runaway, *others = workflows
    pairs = [
        (runaway if random.random() < 0.7 else random.choice(others), uuids(random)) for _ in range(ROWS)
    ]
    for place in (211, 398, 640, 871):  # ended long ago, unknown to the API by now
        pairs[place] = pairs[place][0], f"00000000-{pairs[place][1][9:]}"
    pairs[105], pairs[733] = pairs[17], pairs[560]  # copied twice from two searches
    pairs[450] = pairs[300][0], pairs[300][1].upper()  # the same instance as another tool prints it
    pairs[52] = pairs[52][0], pairs[52][1][:-3]  # cut short while copying
    pairs[615] = pairs[615][0], pairs[615][1].replace("-", "")
    pairs[777] = pairs[777][0], ""
    lines = [
        "# Runaway executions of the order sync, exported during the incident of 2026-10-12",
        "# columns after instance_id are for people; bulkcancel ignores them",
        "workflow_id,instance_id,started_at,status",
    ]
    for number, (workflow_id, instance_id) in enumerate(pairs):
        started = f"2026-10-12T02:{number // 60 % 60:02d}:{number % 60:02d}Z"
        row = f"{workflow_id},{instance_id},{started},IN_PROGRESS"
        lines.append(row if number != 888 else workflow_id)  # a row that broke off
    return pairs, "\n".join(lines) + "\n"


def json_lines(pairs: list[tuple[str, str]]) -> str:
    """Sixty pairs as log search exports them: names vary, some are nested."""
    shapes = (
        lambda w, i: {"workflow_id": w, "instance_id": i},
        lambda w, i: {"@workflow_id": w, "@instance_id": i, "service": "orders"},
        lambda w, i: {"workflow": {"id": w, "instance_id": i}, "timestamp": "2026-10-12T02:00:00Z"},
    )
    return "".join(f"{json.dumps(shapes[n % 3](*pair))}\n" for n, pair in enumerate(pairs[:60]))


def spreadsheet(pairs: list[tuple[str, str]]) -> str:
    """Semicolons, CR LF, a BOM, quotes and a line break in a cell: what a spreadsheet saves."""
    rows = ["\ufeffWorkflow ID;Instance ID;Anmerkung"]
    notes = ('"läuft seit gestern"', '"zweimal; prüfen"', '"Zeile eins\nZeile zwei"', "", 'sagt "stop"')
    rows += [f'"{w}";{i};{notes[n % len(notes)]}' for n, (w, i) in enumerate(pairs[:30])]
    return "\r\n".join(rows) + "\r\n"


def links(pairs: list[tuple[str, str]]) -> str:
    """Twenty links as people paste them."""
    return "".join(f"https://app.datadoghq.com/workflow/{w}?instance={i}\n" for w, i in pairs[:20])


def samples() -> dict[str, bytes]:
    """Every sample by its file name."""
    pairs, text = incident(Random(20261012))  # noqa: S311 - made-up ids, no secrets
    return {
        "incident.csv": text.encode(),
        "incident.csv.gz": gzip.compress(text.encode(), mtime=0),
        "incident.jsonl": json_lines(pairs).encode(),
        "spreadsheet.csv": spreadsheet(pairs).encode(),
        "links.txt": links(pairs).encode(),
        "instances.txt": "".join(f"{i}\n" for _, i in pairs[:25]).encode(),
    }


if __name__ == "__main__":
    for name, data in samples().items():
        (HERE / name).write_bytes(data)
