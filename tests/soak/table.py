"""A soak as a table, and what of it falls short."""

from collections import Counter
from dataclasses import dataclass

from soak.account import Account, Growth, counted_by_span, growth_of, sent_again
from soak.course import CONNECTIONS, TIMEOUT, WORKFLOWS, Course, file_of
from soak.plan import Event, Kind
from support.recording import LIMITED, SOUND, Answer, read_record

from bulkcancel.report import read_results

_SPANS = 6
_MOMENT = 1.0  # what an answer may have been on its way
_FINE = {0, 1, 3, 143}  # a command that met an outage, or SIGTERM, says so; it may not break
_ROW = "{:<8}{:>9}{:>6}{:>7}{:>7}{:>10}{:>9}{:>8}{:>7}{:>7}{:>16}{:>16}"
_HEADINGS = (
    "minutes", "restarts", "hangs", "sleeps", "quotas", "answers", "sound", "faults", "429s", "again",
    "run: fds, MiB", "--verify: same",
)  # fmt: skip
_MEASURED = {Kind.RESTART, Kind.HANG, Kind.SLEEP, Kind.SLEEP_AND_RESTART}


@dataclass(frozen=True)
class Found:
    """What a run came to: its requests and rows, and what it held."""

    account: Account
    growth: Growth


def look_at(course: Course, seconds: float) -> tuple[list[Answer], dict[str, Found]]:
    """The server's record of the runs, and what each came to in so many seconds.

    What a run holds afterwards says nothing of its requests: at SIGTERM it marks all the rows that are left.
    """
    record = read_record(course.folder / "record")
    answers = [one for one in record if one.workflow_id in WORKFLOWS.values()]
    disturbed = [
        (begin - _MOMENT, end + TIMEOUT + _MOMENT)
        for begin, end, event in course.happened
        if event.kind in _MEASURED
    ]
    found = {}
    for name, run in course.runs.items():
        own = [one for one in answers if one.workflow_id == WORKFLOWS[name]]
        ended = course.first_ends[name]
        account = Account()
        account.count_requests((one for one in own if one.at <= ended), disturbed)
        lines = (course.folder / file_of(name, ".csv")).read_text("ascii").splitlines()[1:]
        rows = read_results(course.folder / file_of(name, "-report.csv"))
        account.count_lost([line.partition(",")[2] for line in lines], rows, own)
        samples = [one for one in run.samples if one.at <= seconds]
        sound_at = [one.at - course.began for one in own if one.status == SOUND]
        found[name] = Found(account, growth_of(samples, sound_at))
    return answers, found


def print_table(course: Course, answers: list[Answer], found: dict[str, Found], seconds: float) -> None:
    """What happened in each part of it, and what each run came to."""
    span = seconds / _SPANS
    counts = counted_by_span(answers, course.began, span)
    again = counted_by_span((one for one, _ in sent_again(answers)), course.began, span)
    events = [event for _, _, event in course.happened]
    print(_ROW.format(*_HEADINGS))
    for number in range(_SPANS):
        _print_part(
            course, events, counts[number], again[number].total(), (number * span, (number + 1) * span)
        )
    print(f"  after that, undisturbed: {sum(counts[n].total() for n in counts if n >= _SPANS):,} answers")
    for name, one in found.items():
        _print_run(course, name, one)
    others = Counter((other.name.partition("-")[0], other.process.returncode) for other in course.others)
    said = [f"{name} {number} times with exit {code}" for (name, code), number in sorted(others.items())]
    print(f"beside them: {', '.join(said)}")


def judge(course: Course, found: dict[str, Found], seconds: float) -> list[str]:
    """What falls short, in words."""
    short = []
    for name, one in found.items():
        if (lived := course.first_ends[name] - course.began) < seconds:
            short.append(f"{name}: ended after {lived / 60:.1f} minutes, with {course.codes[name][0]}")
        if one.account.lost:
            short.append(f"{name}: {one.account.lost:,} rows lost")
        short += [f"{name}: {words}" for words in one.growth.falls_short(CONNECTIONS[name])]
        if course.codes[name][-1]:
            short.append(f"{name}: ended with {course.codes[name]}")
    for command in (*course.runs.values(), *course.others):
        if command.process.returncode not in _FINE:
            short.append(f"{command.name} ended with {command.process.returncode}")
        if b"Traceback" in command.log.read_bytes():
            short.append(f"{command.name} broke: see {command.log.name}")
    return short


def _print_part(
    course: Course, events: list[Event], count: Counter[str], again: int, part: tuple[float, float]
) -> None:
    begin, end = part
    kinds = Counter(event.kind for event in events if begin <= event.at < end)
    both = kinds[Kind.SLEEP_AND_RESTART]
    limited, sound = count[LIMITED], count[SOUND]
    print(
        _ROW.format(
            f"{begin / 60:.3g}-{end / 60:.3g}",
            kinds[Kind.RESTART] + both,
            kinds[Kind.HANG],
            kinds[Kind.SLEEP] + both,
            kinds[Kind.QUOTA],
            f"{count.total():,}",
            f"{sound:,}",
            f"{count.total() - limited - sound:,}",
            f"{limited:,}",
            f"{again:,}",
            *(_held(course, name, begin, end) for name in course.runs),
        )
    )


def _held(course: Course, name: str, begin: float, end: float) -> str:
    """The descriptors and the most memory of a run in one part."""
    samples = [one for one in course.runs[name].samples if begin <= one.at < end]
    if not samples:
        return "ended"
    descriptors = [one.descriptors for one in samples]
    return f"{min(descriptors)}-{max(descriptors)}, {max(one.memory for one in samples):.1f}"


def _print_run(course: Course, name: str, found: Found) -> None:
    account, growth = found.account, found.growth
    minutes = (course.first_ends[name] - course.began) / 60
    codes = ", then with --resume ".join(map(str, course.codes[name]))
    print(f"{name}: one process for {minutes:.1f} minutes; exit {codes}")
    print(f"  rows lost: {account.lost}")
    print(
        f"  {account.requests:,} requests answered: {account.faults:,} with faults, "
        f"{account.limited:,} ({account.limited / account.requests:.2%}) with 429"
    )
    print(
        f"  sent again after a sound answer: {account.excused:,} where a restart, a hang or a sleep was near, "
        f"{account.needless:,} without need"
    )
    print(
        f"  descriptors: at least {growth.least_before} in the first quarter and {growth.least_after} in the last, "
        f"at most {growth.most}"
    )
    print(
        f"  memory: {growth.memory_before:.1f} MiB when warm, {growth.memory_after:.1f} MiB "
        f"{growth.pairs:,} rows later (bound {growth.memory_bound:.1f})"
    )
