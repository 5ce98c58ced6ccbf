"""Refused keys, told from a workflow that these keys may not cancel."""

from bulkcancel.answers import Verdict
from bulkcancel.engine.credential_check import CredentialCheck


def test_a_refusal_of_a_known_workflow_still_needs_explaining_only_until_one_passed() -> None:
    """Before, its rows are held back; after, none is, whatever was refused."""
    credential_check = CredentialCheck()
    assert not credential_check.holds_back("a")
    assert not credential_check.is_unproven
    credential_check.refused(Verdict.FORBIDDEN, "a")
    credential_check.passed()
    assert not credential_check.holds_back("a")
    credential_check.refused(Verdict.FORBIDDEN, "b")
    assert not credential_check.holds_back("b")


def test_a_workflow_refused_twice_is_no_second_one() -> None:
    """Three different ones end the run; the keys are checked at the first refusal alone."""
    credential_check = CredentialCheck()
    assert [credential_check.refused(Verdict.FORBIDDEN, "a") for _ in range(3)] == [True, False, False]
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)
    credential_check.refused(Verdict.FORBIDDEN, "b")
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)


def test_proven_keys_are_checked_after_25_refusals_in_a_row() -> None:
    """One that passes begins the row anew; unproven ones at the first and at every 25th."""
    credential_check = CredentialCheck()
    credential_check.passed()
    for _ in range(24):
        assert not credential_check.refused(Verdict.FORBIDDEN, "a")
    credential_check.passed()
    assert [credential_check.refused(Verdict.FORBIDDEN, "a") for _ in range(50)] == (
        [False] * 24 + [True]
    ) * 2
    credential_check = CredentialCheck()
    assert [credential_check.refused(Verdict.FORBIDDEN, "a") for _ in range(25)] == [True] + [False] * 23 + [
        True
    ]


def test_refusals_are_explained_before_more_rows_are_spent() -> None:
    """The key check comes first; where it passes, two more workflows are tried."""
    credential_check = CredentialCheck()
    assert credential_check.refused(Verdict.FORBIDDEN, "a")
    assert credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=False)
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)
    assert credential_check.is_unproven
    assert credential_check.holds_back("a")
    assert not credential_check.holds_back("b")
    credential_check.refused(Verdict.FORBIDDEN, "b")
    credential_check.refused(Verdict.FORBIDDEN, "c")
    assert credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)


def test_a_401_ends_the_run_without_a_check() -> None:
    """Keys that are not accepted at all need no second question."""
    credential_check = CredentialCheck()
    assert not credential_check.refused(Verdict.UNAUTHORIZED, "a")
    assert credential_check.ends_the_run(Verdict.UNAUTHORIZED, keys_pass=True)


def test_after_a_success_refusals_concern_their_workflow_alone() -> None:
    """Proven keys are checked again only after 25 refusals in a row."""
    credential_check = CredentialCheck()
    credential_check.passed()
    assert [credential_check.refused(Verdict.FORBIDDEN, str(n)) for n in range(25)] == [False] * 24 + [True]
    assert not credential_check.ends_the_run(Verdict.FORBIDDEN, keys_pass=True)
    assert not credential_check.holds_back("1")
    assert not credential_check.is_unproven
