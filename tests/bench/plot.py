"""`make plot`: when requests were granted and refused in a real run, against the quota's windows.

bulkcancel stands above the plain script, from two runs over loopback as the server saw them. The same
record gives the same bytes: no date, no random ids, letters as text.

    python -m bench.plot docs/explanation/pacing.svg [CASE]
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from bench.cases import CASES, Case
from bench.clients import BULKCANCEL, SCRIPT
from bench.measure import Measurement, measure
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

_BIN = 0.2
_GRANTED, _REFUSED, _TURN = "#4467c4", "#d1432f", "#9a9a9a"
_STYLE = {"svg.hashsalt": "bulkcancel", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}

Run = tuple[str, Measurement]


def draw(case: Case, runs: "Sequence[Run]") -> Figure:
    """The runs one below the other, on one scale; zero is the turn before each run's first request."""
    assert case.quota is not None
    figure = Figure(figsize=(8.4, 2.4 * len(runs) + 0.4), layout="constrained")
    figure.set_facecolor("white")  # the page may be dark
    ends = max(found.events[-1][0] - _zero(found, case.quota.period) for _, found in runs)
    panels = figure.subplots(len(runs), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for panel, (name, found) in zip(panels, runs, strict=True):
        _panel(panel, case.quota.period, found, ends)
        panel.set_title(
            f"{name}: {found.makespan:.1f} s, {found.makespan / found.ideal:.2f} times the ideal, "
            f"{found.refused:,} of {found.requests:,} requests answered 429",
            loc="left",
            fontsize=10,
        )
        panel.set_ylabel(f"requests in {_BIN:g} s")
    panels[-1].set_xlabel("seconds; a dashed line is a turn of the quota window")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _zero(found: Measurement, period: int) -> float:
    """The turn before the first request."""
    return found.events[0][0] // period * period


def _panel(panel: Any, period: int, found: Measurement, ends: float) -> None:
    zero = _zero(found, period)
    edges = [number * _BIN for number in range(int(ends / _BIN) + 2)]
    granted, refused = [0] * (len(edges) - 1), [0] * (len(edges) - 1)
    for moment, within in found.events:
        (granted if within else refused)[int((moment - zero) / _BIN)] += 1
    both = [sum(pair) for pair in zip(granted, refused, strict=True)]
    panel.stairs(granted, edges, fill=True, color=_GRANTED, label="granted")
    panel.stairs(both, edges, baseline=granted, fill=True, color=_REFUSED, label="answered 429")
    for turn in range(0, int(ends) + period, period):
        panel.axvline(turn, color=_TURN, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    panel.set_xlim(0, ends + _BIN)
    panel.spines[["top", "right"]].set_visible(False)


def main(target: str, name: str = "headers") -> int:
    """Run, draw and write; 1 when a client left work undone."""
    case = next(case for case in CASES if case.name == name)
    runs = [(client.title, measure(client, case)) for client in (BULKCANCEL, SCRIPT)]
    if any(found.failure for _, found in runs):
        return 1
    with mpl.rc_context(_STYLE):
        draw(case, runs).savefig(target, metadata={"Date": None, "Creator": None})
    print(f"{target}: {Path(target).stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
