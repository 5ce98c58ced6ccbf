"""Records of each format become whole pairs: every id as it is sent, or the reason why it is not."""

import json
from collections.abc import Callable

import pytest

from bulkcancel.errors import InputError
from bulkcancel.models import RejectedRow, Row
from bulkcancel.sources import InputOptions, Parser, as_id, is_id
from bulkcancel.sources.pairs import as_uuid

W, V, X, J = (f"{n}abcdef{n}-2222-4333-8444-{n}55555abcdef" for n in "1234")
LINK = "https://app.datadoghq.com/workflow/{}?instance={}"


def rows(text: str, **options: object) -> list[Row]:
    """All rows of an input."""
    parser = Parser(InputOptions(**options))  # type: ignore[arg-type] # keywords of a table
    return [*parser.feed(text.encode()), *parser.feed(b"", final=True)]


def pairs(text: str, **options: object) -> list[tuple[str, str] | str]:
    """Each row's two ids, or its code."""
    return [
        row.code if isinstance(row, RejectedRow) else (row.workflow_id, row.instance_id)
        for row in rows(text, **options)
    ]


def reasons(text: str, **options: object) -> list[str]:
    """What is wrong with each unusable row."""
    return [row.reason for row in rows(text, **options) if isinstance(row, RejectedRow)]


def in_each_format(workflow: str, instance: str) -> list[str]:
    """A pair with a header, without one, as JSON and as a link."""
    return [
        f"workflow_id,instance_id\n{workflow},{instance}\n",
        f"{workflow},{instance}\n",
        json.dumps({"workflow_id": workflow, "instance_id": instance}) + "\n",
        LINK.format(workflow, instance) + "\n",
    ]


SPELLINGS: list[Callable[[str], str]] = [
    lambda text: text,
    str.upper,
    lambda text: text.replace("-", ""),
    lambda text: text.replace("-", "").upper(),
    lambda text: f"{{{text}}}",
    lambda text: f"{{{text.replace('-', '').upper()}}}",
]


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("form", range(4))
def test_a_uuid_is_sent_in_one_form_however_it_is_written(spell: Callable[[str], str], form: int) -> None:
    """Without hyphens, in braces, in any case: in either place, in every format."""
    assert pairs(in_each_format(spell(W), spell(X))[form]) == [(W, X)]
    assert pairs(in_each_format(W, spell(X))[form]) == [(W, X)]
    assert pairs(in_each_format(spell(W), X)[form]) == [(W, X)]
    assert as_uuid(spell(X)) == X


ODD = [
    "Job-1",
    "RUN.1",
    "x:Y~z_1",
    X.replace("-", ""),
    X.replace("-", "").upper(),
    f"urn:uuid:{X.upper()}",
    "A1" * 64,
]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("form", range(4))
def test_any_id_is_sent_as_it_stands(text: str, form: int) -> None:
    """In its own case: an id that is not a UUID in its usual form may be of another kind."""
    other = "Other.1"
    assert pairs(in_each_format(other, text)[form], any_id=True) == [(other, text)]
    assert pairs(in_each_format(text, other)[form], any_id=True) == [(text, other)]
    assert is_id(text, any_id=True)
    assert not is_id(text, any_id=False)


def test_uuids_are_normalized_with_any_id_too() -> None:
    """In their usual form, and in braces, which nothing else is sent in."""
    assert pairs(f"{W.upper()},Run-A\n", any_id=True) == [(W, "Run-A")]
    assert as_id(f"{{{X.upper()}}}", any_id=True) == X
    assert pairs(f"workflow_id,instance_id\n{W},../x\n", any_id=True) == ["invalid_id"]
    assert "is not an id that can be sent" in reasons(f"workflow_id,instance_id\n{W},../x\n", any_id=True)[0]


@pytest.mark.parametrize("form", range(4))
@pytest.mark.parametrize("around", [" {}", "\t{} "])
def test_a_first_record_may_be_indented(form: int, around: str) -> None:
    """It is of the same format as without."""
    *head, last = in_each_format(W, X)[form].splitlines()
    assert pairs("\n".join([*head, around.format(last)])) == [(W, X)]


@pytest.mark.parametrize("scheme", ["http", "https", "HTTP", "HTTPS"])
def test_a_first_link_may_begin_with_either_scheme(scheme: str) -> None:
    """In any case."""
    assert pairs(LINK.format(W, X).replace("https", scheme)) == [(W, X)]


def test_a_brace_begins_an_object_or_an_id() -> None:
    """An id where nothing but what a UUID is made of stands between two braces."""
    assert pairs(f"{{{X}}}", workflow_id=W) == [(W, X)]
    assert pairs(f"{{{X.replace('-', '')}}},n", workflow_id=W) == [(W, X)]
    assert pairs(f"{{{X[:-5]}}}", workflow_id=W) == ["invalid_json"]
    with pytest.raises(InputError, match=r"^is one JSON array, not JSON lines; convert it first: jq -c"):
        rows(f' [{{"workflow_id": "{W}"}}]')


def test_a_list_of_instances_gets_its_workflow() -> None:
    """With a header and without, as JSON, in braces; what stands behind an id is for people."""
    options = {"workflow_id": W}
    assert pairs(f"{X}\n{J},note\n", **options) == [(W, X), (W, J)]
    assert pairs(f"{X},note\n{J}\n", **options) == [(W, X), (W, J)]
    assert pairs(f"n;instance_id\n1;{X}\n", **options) == [(W, X)]
    assert pairs(f'{{"instance_id":"{X}"}}\n', **options) == [(W, X)]
    assert pairs(f"{{{X}}}\n{{{J}}}\n", **options) == [(W, X), (W, J)]
    assert pairs("Run-1\nRun-2\n", workflow_id="Job-1", any_id=True) == [
        ("Job-1", "Run-1"),
        ("Job-1", "Run-2"),
    ]


@pytest.mark.parametrize("form", range(4))
def test_a_row_of_another_workflow_is_not_sent_under_the_one_that_was_given(form: int) -> None:
    """Nor under its own: the file and `--workflow-id` contradict each other, and one of them is a slip."""
    text = in_each_format(V, X)[form]
    assert pairs(text, workflow_id=W) == ["wrong_workflow"]
    assert reasons(text, workflow_id=W) == [f"the row names the workflow {V}, but --workflow-id is {W}"]
    assert pairs(in_each_format(W.upper(), X)[form], workflow_id=W) == [(W, X)]
    assert pairs(in_each_format("Job-2", X)[form], workflow_id="Job-1", any_id=True) == ["wrong_workflow"]


def test_each_row_is_held_to_the_workflow_that_was_given() -> None:
    """One that names none, or only a workflow's name, takes it."""
    text = f"workflow,instance_id\n{V},{X}\nOrder sync,{J}\n,{X}\n{W},{J}\n"
    assert pairs(text, workflow_id=W) == ["wrong_workflow", (W, J), (W, X), (W, J)]
    text = f'{{"workflow_id":"{V}","instance_id":"{X}"}}\n{{"instance_id":"{J}"}}\n{{"workflow_id":null,"instance_id":"{X}"}}\n'
    assert pairs(text, workflow_id=W) == ["wrong_workflow", (W, J), (W, X)]
    # Without a header, two UUIDs in a row are a pair, and the first of them is no instance.
    assert pairs(f"{W},{X}\n{V},{X}\n", workflow_id=W) == [(W, X), "wrong_workflow"]
