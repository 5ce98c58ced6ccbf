"""Two texts become a pair that is safe to send, or a row that says what is wrong with them."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkcancel.models import InstanceRef, RejectedRow
from bulkcancel.sources import InputOptions, is_id, parse_pair
from bulkcancel.sources.pairs import as_uuid, row_of

W, V, X = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "123")

SPELLINGS: list[Callable[[str], str]] = [
    lambda text: text,
    str.upper,
    lambda text: text.replace("-", ""),
    lambda text: text.replace("-", "").upper(),
    lambda text: f"{{{text}}}",
    lambda text: f"{{{text.replace('-', '').upper()}}}",
]
NOT_UUIDS = [
    f"{{{X}0", f"0{X}}}", f"{{{X}", f"{X}}}", f"({X})", f"urn:uuid:{X}", f"{{{{{X}}}}}", "{}", X[:-1], X + "0", X.replace("-", "")[:-1], X.replace("-", "", 1),
    X.replace("-", "_"), X.replace("a", "g"), X[:8] + X[9:], "", "-" * 36, "3" * 31, "3" * 33, X.replace("3", "\uff13"), f"{X}\n", f" {X}",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_UUIDS)
def test_what_is_almost_a_uuid_is_none(text: str) -> None:
    """Nothing is guessed: a pair is made of two whole ids, or not at all."""
    assert as_uuid(text) is None
    for pair in ((W, text), (text, W)):
        row = parse_pair(*pair, 7)
        assert isinstance(row, RejectedRow)
        assert (row.line, row.code) == (7, "invalid_id" if text else "missing_id")


@given(st.uuids(), st.sampled_from(SPELLINGS))
def test_every_uuid_has_one_form(uuid: UUID, spell: Callable[[str], str]) -> None:
    """The standard library's."""
    assert as_uuid(spell(str(uuid))) == str(uuid)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (X[:-3], "is not a UUID: it has 29 digits instead of 32"),
        (X + "0", "is not a UUID: it has 33 digits instead of 32"),
        (X[:9], "is not a UUID: it has 8 digits instead of 32"),
        (X.replace("-", "")[:20], "is not a UUID: it has 20 digits instead of 32"),
        (X.upper()[:-3], "is not a UUID: it has 29 digits instead of 32"),
        (f"urn:uuid:{X}", "is not a UUID"),
        (X.replace("-", "", 1), "is not a UUID"),
        (X.replace("-", "")[:19], "is not a UUID (--any-id would allow it)"),
        (X[:8], "is not a UUID (--any-id would allow it)"),
        ("job-1", "is not a UUID (--any-id would allow it)"),
        ("a/b", "is not a UUID"),
        (X.replace("a", "g"), "is not a UUID (--any-id would allow it)"),
    ],
)
def test_nobody_is_invited_to_send_a_uuid_that_was_cut(text: str, words: str) -> None:
    """`--any-id` would send it, as the id of something else; what is wrong with it is said."""
    for name, pair in (("workflow", (text, X)), ("instance", (X, text))):
        row = parse_pair(*pair, 1)
        assert isinstance(row, RejectedRow)
        assert row.reason == f"the {name} id {text!r} {words}"


@pytest.mark.parametrize("text", [X.replace("-", ""), f"{{{X}}}", "Run-A", ""])
def test_what_is_normalized_is_no_id_as_it_stands(text: str) -> None:
    """A report's own ids are sent as they are: such a one was altered."""
    assert not is_id(text, any_id=False)
    assert is_id(X.upper(), any_id=False)


@pytest.mark.parametrize(
    ("workflow", "instance", "reason"),
    [
        (W, "", "the instance id is missing"),
        ("", X, "the workflow id is missing"),
        ("", "", "the workflow id is missing"),
        ("a/b", "c/d", "the workflow id 'a/b' is not a UUID"),
    ],
)
def test_an_unusable_pair_says_which_half_is_wrong(workflow: str, instance: str, reason: str) -> None:
    """The first half that is; both are kept."""
    row = parse_pair(workflow, instance, 7)
    assert isinstance(row, RejectedRow)
    assert (row.line, row.code) == (7, "invalid_id" if "not" in reason else "missing_id")
    assert row.reason == reason
    assert (row.workflow_id, row.instance_id) == (workflow, instance)


def test_what_is_kept_of_an_unusable_id_can_be_printed() -> None:
    """Its first hundred characters, in the row as in the reason."""
    row = parse_pair("\x1b" * 99, "x" * 101, 7)
    assert isinstance(row, RejectedRow)
    assert row.workflow_id == r"\x1b" * 24 + r"\x1…"
    assert row.instance_id == "x" * 99 + "…"
    assert row.reason == f"the workflow id {row.workflow_id!r} is not a UUID"


@pytest.mark.parametrize(
    ("named", "want"),
    [
        (
            V,
            RejectedRow(
                V, X, 7, "wrong_workflow", f"the row names the workflow {V}, but --workflow-id is {W}"
            ),
        ),
        (W.upper(), InstanceRef(W, X, 7)),
        ("Order sync", InstanceRef(W, X, 7)),
        ("", InstanceRef(W, X, 7)),
    ],
)
def test_the_workflow_that_was_given_is_the_only_one(named: str, want: object) -> None:
    """A row may name it, in words or not at all, and no other."""
    assert row_of(named, X, 7, InputOptions(workflow_id=W)) == want
