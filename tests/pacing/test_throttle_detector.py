"""What makes a 503 a rate limit's: tables of what came before it."""

import pytest

from bulkcancel.pacing.throttle_detector import ThrottleDetector

STEP = 0.01


def heard(
    answers: str, *, start: float = 0.0, step: float = STEP, retry_after: float | None = None
) -> list[bool]:
    """What each 503 (`x`) is taken for, among sound answers (`.`) and other faults (`o`), one each step."""
    limits: list[bool] = []
    heard_by(answers, limits, start=start, step=step, retry_after=retry_after)
    return limits


def heard_by(
    answers: str,
    limits: list[bool] | None = None,
    *,
    start: float = 0.0,
    step: float = STEP,
    retry_after: float | None = None,
) -> ThrottleDetector:
    """What has heard such answers; what it took each 503 for is added to `limits`."""
    detector, now = ThrottleDetector(), start
    for answer in answers:
        now += step
        if answer == ".":
            detector.record_success(now)
        elif answer == "o":
            detector.record_other_fault()
        else:
            is_limit = detector.is_throttling(now, retry_after)
            if limits is not None:
                limits.append(is_limit)
    return detector


@pytest.mark.parametrize(
    ("answers", "limits"),
    [
        ("x" * 9, [False] * 9),  # nothing sound has ever come: an outage
        ("." + "x" * 6, [False] * 4 + [True] * 2),
        ("......xx......xx......xx", [False] * 4 + [True] * 2),
        ("x......" * 6, [False] * 4 + [True] * 2),
        ("x........" * 6, [False] * 4 + [True] * 2),
        ("x........." * 20, [False] * 20),  # one in ten, evenly
        (("." * 99 + "x") * 20, [False] * 20),  # one in a hundred
        ("." * 40 + "xx" + "." * 300 + "xx", [False] * 4),
        ("." * 10 + "xxxxx" + "." * 40 + "x" + "." * 18 + "x", [False] * 4 + [True, False, True]),
        ("." * 10 + "xxxxx" + "." * 40 + "x" + "." * 19 + "x", [False] * 4 + [True, False, False]),
    ],
)
def test_many_503s_among_sound_answers_are_a_rate_limit(answers: str, limits: list[bool]) -> None:
    """Five of the last forty at first, later two of the last twenty."""
    assert heard(answers) == limits


@pytest.mark.parametrize(
    ("answers", "limits"),
    [
        (".o.x" * 20, [False] * 20),
        ("." + "o" * 5 + "x" * 6, [False] * 5 + [True]),
        ("." + "o" * 5 + "." * 35 + "x" * 6, [False] * 4 + [True] * 2),
        (".xxxxxx" + "o" * 7 + "x" * 2, [False] * 4 + [True] * 2 + [False, True]),
    ],
)
def test_503s_among_as_many_other_faults_are_no_rate_limits(answers: str, limits: list[bool]) -> None:
    """The API is ill: resets, timeouts and other 5xx are none of a rate limit's doing."""
    assert heard(answers) == limits


@pytest.mark.parametrize(
    ("answers", "is_ill"),
    [
        ("." * 9, False),
        (".oo", False),
        (".ooo", True),
        (".oooxxx", True),
        (".oooxxxx", False),
        ("ooo" + "." * 38, False),
    ],
)
def test_an_api_is_ill_where_other_faults_are_as_many(answers: str, *, is_ill: bool) -> None:
    """Three at least: a single reset beside a rate limit's 503 says nothing."""
    assert heard_by(answers).is_ill is is_ill


def test_fewer_are_enough_where_they_say_when_to_come_back() -> None:
    """Three of the last forty; a single one is still a fault of its own."""
    assert heard("x" * 5, retry_after=1.0) == [False] * 5
    assert heard("." + "x" * 4, retry_after=1.0) == [False, False, True, True]
    assert heard(("." * 39 + "x") * 5, retry_after=1.0) == [False] * 5


def test_without_a_sound_answer_for_two_seconds_it_is_an_outage() -> None:
    """However many 503s came before."""
    detector = ThrottleDetector()
    detector.record_success(0.0)
    limits = [detector.is_throttling(moment, None) for moment in (0.1, 0.2, 0.3, 0.4, 0.5, 2.0, 2.01)]
    assert limits == [False] * 4 + [True, True, False]
    assert detector.is_known


def test_after_a_long_outage_what_was_known_is_forgotten() -> None:
    """Its 503s say nothing of what comes after it."""
    detector = ThrottleDetector()
    detector.record_success(0.0)
    limits = [detector.is_throttling(moment, None) for moment in (0.1, 0.2, 0.3, 0.4, 0.5, 10.0, 10.1)]
    assert limits == [False] * 4 + [True, False, False]
    assert not detector.is_known
    detector.record_success(11.0)
    assert [detector.is_throttling(11.1 + one, None) for one in range(2)] == [False, False]


def rhythm(gap: float, times: int) -> ThrottleDetector:
    """Sound answers that come again and again after 503s, so far apart."""
    detector = ThrottleDetector()
    for number in range(times):
        detector.record_success(number * gap)
        detector.is_throttling(number * gap + 0.1, None)
    detector.record_success(times * gap)
    return detector


@pytest.mark.parametrize(
    ("gap", "times", "patience"),
    [(0.5, 5, 2.0), (1.5, 5, 3.0), (4.0, 2, 8.0), (4.0, 1, 2.0), (6.0, 5, 10.0)],
)
def test_a_rhythm_is_waited_for(gap: float, times: int, patience: float) -> None:
    """Where sound answers have twice come again after a while, they are expected after twice that, or ten seconds."""
    detector = rhythm(gap, times)
    last = gap * times
    for _ in range(5):
        detector.is_throttling(last, None)
    assert detector.is_throttling(last + patience, None)
    assert not detector.is_throttling(last + patience + 0.01, None)


def pauses(detector: ThrottleDetector, sound: int) -> bool:
    """So many sound answers, then a pause; tells whether pausing helps."""
    for _ in range(sound):
        detector.record_success(0.0)
    return detector.record_pause()


def test_pauses_that_do_not_help_are_taken_back() -> None:
    """Six may come soon, while the rate is sought; eight more soon after each other are in vain."""
    detector = ThrottleDetector()
    assert [pauses(detector, 59) for _ in range(14)] == [True] * 13 + [False]
    assert not detector.is_known
    detector.record_success(0.0)
    assert [detector.is_throttling(0.1, 1.0) for _ in range(10)] == [False] * 9 + [True]
    assert [pauses(detector, 59) for _ in range(14)] == [True] * 13 + [False]


def test_pauses_that_help_are_kept() -> None:
    """Sixty sound answers from one to the next, on the average, are enough."""
    detector = ThrottleDetector()
    for _ in range(6):
        assert pauses(detector, 1)
    for sound in [60] * 9 + [100, 20] * 4:
        assert pauses(detector, sound)
    assert not pauses(detector, 99)


def test_evidence_that_was_wrong_again_and_again_must_be_overwhelming() -> None:
    """Forty 503s in a row, in the end."""
    detector = ThrottleDetector()
    for _ in range(4 * 14):
        pauses(detector, 1)
    detector.record_success(0.0)
    assert [detector.is_throttling(0.1, None) for _ in range(41)] == [False] * 39 + [True] * 2


def test_what_they_say_is_waited_for_once() -> None:
    """Two seconds longer than the first one asked: an outage may go on asking for ever."""
    detector = ThrottleDetector()
    detector.record_success(0.0)
    moments = (0.5, 0.6, 0.7, 5.0, 32.5, 32.6)
    assert [detector.is_throttling(moment, 30.0) for moment in moments] == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]
    detector.record_success(33.0)
    assert [detector.is_throttling(33.0 + moment, 30.0) for moment in moments[:5]] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_rhythm_that_changes_is_followed() -> None:
    """The last two silences count."""
    detector, now = ThrottleDetector(), 0.0
    detector.record_success(now)
    for gap in (1.0, 1.0, 1.0, 4.0, 4.0):
        detector.is_throttling(now, None)
        now += gap
        detector.record_success(now)
    for _ in range(5):
        detector.is_throttling(now, None)
    assert detector.is_throttling(now + 8.0, None)
    assert not detector.is_throttling(now + 8.01, None)


@pytest.mark.parametrize("answers", ["....", "x.x."])
def test_what_is_no_rhythm_of_503s_is_not_waited_for(answers: str) -> None:
    """Slow answers with none between them, or what came before the first sound one."""
    detector = ThrottleDetector()
    for second, answer in enumerate(answers):
        if answer == ".":
            detector.record_success(4.0 * second)
        else:
            detector.is_throttling(4.0 * second, None)
    last = 4.0 * (len(answers) - 1)
    for _ in range(5):
        detector.is_throttling(last, None)
    assert detector.is_throttling(last + 2.0, None)
    assert not detector.is_throttling(last + 2.01, None)


def test_once_a_rate_limit_is_known_few_are_enough_at_any_time() -> None:
    """Two of the last twenty, also where there have not been twenty yet."""
    detector = ThrottleDetector()
    detector.record_success(0.0)
    assert [detector.is_throttling(0.1, 1.0) for _ in range(3)] == [False, False, True]
    detector.record_success(0.2)
    assert detector.is_throttling(0.3, None)


def test_what_is_known_lasts_through_ten_seconds_of_silence() -> None:
    """And no longer."""
    for silence, is_known in ((10.0, True), (10.01, False)):
        detector = ThrottleDetector()
        detector.record_success(0.0)
        for _ in range(5):
            detector.is_throttling(0.1, None)
        assert not detector.is_throttling(silence, None)
        assert detector.is_known is is_known
