"""The sandbox's quota: what each model grants, what others get, what the headers tell."""

import pytest

from bulkcancel.sandbox import HeaderMode, Quota, QuotaModel
from bulkcancel.sandbox.quota import QuotaEnforcer, WindowCount

NOON = 1_200_000_000  # a multiple of every period here


def limiter(
    model: QuotaModel,
    limit: int = 16,
    period: int = 4,
    *,
    headers: HeaderMode = HeaderMode.NONE,
    burst: int = 3,
    others: float = 0.0,
) -> QuotaEnforcer:
    """One that grants 4 requests per second, with a small burst."""
    return QuotaEnforcer(Quota(limit, period, headers, model, burst, others), "cancel")


def granted(limit: QuotaEnforcer, *moments: float) -> list[bool]:
    """The answers to requests at those seconds past noon."""
    return [limit.take(NOON + moment)[0] for moment in moments]


@pytest.mark.parametrize(
    ("model", "at_once"),
    [(QuotaModel.FIXED, 16), (QuotaModel.TOKEN, 16), (QuotaModel.LEAKY, 4)],
)
def test_a_burst_is_granted_as_far_as_the_model_goes(model: QuotaModel, at_once: int) -> None:
    """A window's limit, a bucket's capacity, nginx's burst and one more."""
    assert sum(granted(limiter(model), *[1.0] * 50)) == at_once


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (QuotaModel.FIXED, [False, False, False, True, True]),
        (QuotaModel.TOKEN, [False, True, False, True, True]),
        (QuotaModel.LEAKY, [False, True, False, True, True]),
    ],
)
def test_what_was_spent_comes_back(model: QuotaModel, expected: list[bool]) -> None:
    """At the turn of the window, or evenly: one request per quarter of a second."""
    tight = limiter(model)
    granted(tight, *[1.0] * 50)
    assert granted(tight, 1.125, 1.25, 1.25, 4.0, 4.0) == expected


@pytest.mark.parametrize("model", [QuotaModel.TOKEN, QuotaModel.LEAKY])
def test_a_bucket_overrun_grants_its_rate_and_what_it_began_with(model: QuotaModel) -> None:
    """Twice the rate for ten windows."""
    tight = limiter(model)
    begins_with = 16 if model is QuotaModel.TOKEN else 4
    assert sum(granted(tight, *(n / 8 for n in range(8 * 40)))) == begins_with + 4 * 40 - 1


@pytest.mark.parametrize("model", list(QuotaModel))
def test_the_exact_rate_is_never_refused(model: QuotaModel) -> None:
    """Whatever the fractions of a second add up to."""
    exact = limiter(model, 300, 1, burst=1)
    assert all(granted(exact, *(n / 300 for n in range(3000))))


def test_a_clock_set_back_refuses_nothing_for_long() -> None:
    """Neither a window nor a bucket waits for the old time to come again."""
    for model in QuotaModel:
        tight = limiter(model)
        granted(tight, *[1000.0] * 50)
        granted(tight, 0.0)
        assert granted(tight, 4.0) == [True]


def test_nothing_is_granted_of_a_quota_of_nothing() -> None:
    """By no model."""
    for model in QuotaModel:
        assert granted(limiter(model, 0, headers=HeaderMode.RETRY_AFTER), 0.0, 100.0) == [False, False]


@pytest.mark.parametrize("model", list(QuotaModel))
def test_others_get_what_they_ask_for_while_it_lasts(model: QuotaModel) -> None:
    """A quarter of the limit, spread over each window; all of it when we ask for little."""
    shared = limiter(model, others=0.25)
    granted(shared, 0.0, 3.0, 4.0, 7.5)
    first, second = shared.windows(NOON + 8.0)
    assert first == WindowCount(NOON, granted=2, others_granted=4)
    assert second == WindowCount(NOON + 4, granted=2, others_granted=4)


def test_others_are_refused_when_we_took_everything() -> None:
    """And both are counted, window by window."""
    shared = limiter(QuotaModel.FIXED, others=0.5)
    granted(shared, *[1.25] * 30)  # the others have made three of their eight requests
    granted(shared, 4.0)
    assert shared.windows(NOON + 4.0)[0] == WindowCount(NOON, 13, 17, 3, 5)


def test_others_show_in_remaining() -> None:
    """As on the real API."""
    shared = limiter(QuotaModel.FIXED, headers=HeaderMode.ALWAYS, others=0.5)
    _, headers = shared.take(NOON + 2.0)
    assert headers["X-RateLimit-Remaining"] == str(16 - 4 - 1)


def test_others_go_on_while_we_wait_but_not_for_ever() -> None:
    """Some windows without us are played, a long absence is not."""
    shared = limiter(QuotaModel.FIXED, others=0.5)
    granted(shared, 0.0, 13.0, 1001.0)
    assert [(one.starts_at - NOON, one.others_granted) for one in shared.windows(NOON + 1004.0)] == [
        (0, 8), (4, 8), (8, 8), (12, 2), (1000, 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "headers", "expected"),
    [
        (QuotaModel.FIXED, HeaderMode.RETRY_AFTER, {"Retry-After": "3"}),
        (QuotaModel.TOKEN, HeaderMode.RETRY_AFTER, {"Retry-After": "1"}),
        (QuotaModel.LEAKY, HeaderMode.RETRY_AFTER, {"Retry-After": "1"}),
        (QuotaModel.TOKEN, HeaderMode.RETRY_AFTER_DATE, {"Retry-After": "Thu, 10 Jan 2008 21:20:02 GMT"}),
        (QuotaModel.TOKEN, HeaderMode.ALWAYS, {}),
        (QuotaModel.LEAKY, HeaderMode.ON_429, {}),
        (QuotaModel.LEAKY, HeaderMode.NONE, {}),
    ],
)
def test_a_refusal_says_when_to_try_again(
    model: QuotaModel, headers: HeaderMode, expected: dict[str, str]
) -> None:
    """In whole seconds; a bucket has no window for X-RateLimit headers to tell of."""
    tight = limiter(model, headers=headers)
    answers = [tight.take(NOON + 1.0) for _ in range(20)]
    assert answers[0] == (True, {})
    assert answers[-1] == (False, expected)
