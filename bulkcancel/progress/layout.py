"""A view of progress as lines of a terminal, as a sentence, or as fields: pure functions."""

import math
from typing import TYPE_CHECKING

from bulkcancel.progress.words import named_counts, rate_words, span

if TYPE_CHECKING:
    from bulkcancel.progress.view import ProgressView

_LONGEST_BAR, _SHORTEST_BAR = 40, 6
_NARROW = 60  # columns: below, no line begins with a space
_PERCENT, _RATE, _ELAPSED, _ETA = 5, len("1,234/s"), len("1:02:05 elapsed"), len("ETA 1:02:05")  # columns
_GAP, _DOT = "  ", " · "
_MOST_LINES, _MOST_OF_HELD = 4, 2  # below the first
_MILLION, _THOUSAND = 1_000_000, 1_000
_ASCII = str.maketrans({"━": "=", "─": "-", "·": "|", "…": "~", "≥": ">"})


def lines(view: "ProgressView", width: int) -> list[str]:
    """The lines of a terminal: how far it is; below, what came of it and what it waits for.

    Where it is narrow, first the bar goes, then the space between, then digits; the numbers stay.

    Args:
        view: What to show.
        width: Columns that may be used; no line has more.
    """
    return [_first(view, width), *_below(view, width)]


def sentence(view: "ProgressView") -> str:
    """The same in one line, where there is no terminal."""
    of_total = f" of {view.total:,}" if view.total is not None else ""
    words = [f"{view.done:,}{of_total} {view.noun}{'s' * (view.done != 1 or bool(of_total))}"]
    words += [word for word in (_percent(view), *_timing(view)) if word]
    return " · ".join([*words, *_facts(view)])


def fields(view: "ProgressView") -> dict[str, object]:
    """The same for a program that reads the log."""
    return {
        "unit": f"{view.noun}s",
        "done": view.done,
        "total": view.total,
        "outcomes": dict(view.counts),
        "rate": None if view.rate is None else round(view.rate, 1),
        "elapsed_s": round(view.elapsed, 1),
        "eta_s": None if view.eta is None or view.eta == math.inf else round(view.eta, 1),
        "held": view.held or None,
    }


def in_ascii(line: str) -> str:
    """The same line for a terminal that can show nothing else."""
    return line.translate(_ASCII)


def _first(view: "ProgressView", width: int) -> str:
    """How far it is, as fully as there is room for."""
    count, percent = _count(view), _percent(view)
    rate, elapsed, *eta = _timing(view)
    begin = " " if width >= _NARROW else ""
    # The bar leaves room for hours, so that it keeps its length while minutes grow.
    room = width - sum(map(len, (begin, count))) - _PERCENT - _RATE - max(len(elapsed), _ELAPSED)
    room -= max(sum(map(len, eta)), _ETA) + 5 * len(_GAP)
    if percent and room >= _SHORTEST_BAR:
        drawn = _bar(view, min(room, _LONGEST_BAR))
        return begin + _GAP.join([count, percent.rjust(_PERCENT), drawn, rate.rjust(_RATE), elapsed, *eta])
    short, tight = elapsed.removesuffix(" elapsed"), [_count_in_few(view), percent.replace(" ", "")]
    tries = (
        begin + _GAP.join(filter(None, [count, percent, rate, elapsed, *eta])),
        " ".join(filter(None, [count, percent, rate, short, *eta])),
        " ".join(filter(None, [*tight, rate, short, *eta])),
        " ".join(filter(None, [*tight, rate, *(eta or [short])])),
        " ".join(filter(None, [*tight, *(eta or [short])])),
        " ".join(filter(None, tight)),
    )
    return next((line for line in tries if len(line) <= width), _cut(tight[0], width))


def _below(view: "ProgressView", width: int) -> list[str]:
    """What came of it and what it waits for: in one line, or in a few where it is narrow."""
    begin = " " if width >= _NARROW else ""
    line = (begin + _DOT.join(_facts(view))).rstrip()
    if len(line) <= width:
        return [line]
    held = _wrapped(view.held.split(", "), ", ", width, begin)[:_MOST_OF_HELD] if view.held else []
    counts = _wrapped([*named_counts(view.counts), *filter(None, [view.note])], _DOT, width, begin)
    if len(counts) > (room := _MOST_LINES - len(held)):
        counts = [*counts[: room - 1], f"{counts[room - 1]}{_DOT}…"]
    return [_cut(line, width) for line in (*counts, *held)]


def _wrapped(pieces: list[str], joint: str, width: int, begin: str) -> list[str]:
    """Pieces in as many lines as it takes; none is broken."""
    found: list[str] = []
    for piece in pieces:
        if found and len(found[-1]) + len(joint) + len(piece) <= width:
            found[-1] += joint + piece
        else:
            found.append(begin + piece)
    return found


def _facts(view: "ProgressView") -> list[str]:
    return [*named_counts(view.counts), *filter(None, (view.note, view.held))]


def _timing(view: "ProgressView") -> list[str]:
    """Rate, time it took, and time left as long as there is any."""
    rate = "-/s" if view.rate is None else rate_words(view.rate)
    words = [rate, f"{span(view.elapsed, as_clock=True)} elapsed"]
    if not view.is_over and view.total is not None:
        words.append("ETA -" if view.eta is None else f"ETA {span(view.eta, as_clock=True)}")
    return words


def _count(view: "ProgressView") -> str:
    """`12,400 / 40,000`, as wide from the first row on as at the last."""
    if view.total is None:
        return f"{view.done:,} {view.noun}{'s' * (view.done != 1)}"
    total = f"{view.total:,}"
    return f"{view.done:,}".rjust(len(total)) + f" / {total}"


def _count_in_few(view: "ProgressView") -> str:
    """`12.4k/40.0k`."""
    return _compact(view.done) if view.total is None else f"{_compact(view.done)}/{_compact(view.total)}"


def _percent(view: "ProgressView") -> str:
    """Rounded down: 100 % is all of them. Empty where the total is not known, or nothing."""
    if not view.total:
        return ""
    return f"{min(100, 100 * view.done // view.total)} %"


def _bar(view: "ProgressView", width: int) -> str:
    filled = width * min(view.done, view.total or 0) // (view.total or 1)
    return "━" * filled + "─" * (width - filled)


def _compact(count: int) -> str:
    """A number in few characters, rounded down: `987`, `12.4k`, `1.24M`."""
    for size, unit in ((_MILLION, "M"), (_THOUSAND, "k")):
        if count >= 10 * _THOUSAND and count >= size:
            digits = max(0, 3 - len(str(count // size)))
            scale = 10**digits
            return f"{count * scale // size / scale:.{digits}f}{unit}"
    return str(count)


def _cut(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    return f"{line[: width - 1]}…" if width > 0 else ""
