"""What a form's looks alone show to be wrong."""

from __future__ import annotations

import dataclasses

import pytest

from bot import forms, model, ports

ANA = model.Principal(platform=model.Platform.SLACK, tenant="T1", user="UANA")


def submission(
    name: str = "acr-genomics",
    workspace_id: int | None = 101,
    repository: str | None = "genomics/aligner",
    validity_days: int | None = None,
    reason: str = "",
) -> forms.Submission:
    """Return a form that is fine but for what is given."""
    return forms.Submission(
        by=ANA,
        place=None,
        name=name,
        workspace_id=workspace_id,
        repositories=() if repository is None else (ports.Repository("acme.azurecr.io", repository),),
        op="V1",
        validity_days=validity_days,
        reason=reason,
    )


def problems(sent: forms.Submission, *, wildcards: bool = False) -> dict[str, str]:
    """Return the problems of a form."""
    return forms.problems(sent, wildcards=wildcards)


def test_a_plain_form_is_fine() -> None:
    """Name, workspace and repository are all that is needed."""
    assert problems(submission()) == {}


@pytest.mark.parametrize("name", ["a", "", "has space", "ünï", "a" * 100, "x;DROP", "a/b", "a\n"])
def test_names_that_tower_refuses(name: str) -> None:
    """The name field says which characters Tower takes."""
    assert "letters, digits" in problems(submission(name=name))["name"]


@pytest.mark.parametrize("name", ["ab", "a" * 99, "A-_9"])
def test_names_that_tower_takes(name: str) -> None:
    """Two to 99 letters, digits, dashes, underscores."""
    assert problems(submission(name=name)) == {}


@pytest.mark.parametrize(
    ("repository", "words"),
    [
        ("Genomics/Aligner", "lower case"),
        ("genomics//aligner", "not a repository name"),
        ("genomics/aligner:1.0", "not a repository name"),
        ("../etc", "not a repository name"),
        ("a" * 257, "not a repository name"),
        ("a/*/b", "one star at the end"),
        ("a*", "one star at the end"),
        ("genomics/*", "REGISTRY_BOT_WILDCARDS"),
        (None, "Choose a repository"),
    ],
)
def test_repositories_that_cannot_be(repository: str | None, words: str) -> None:
    """The repository field says what is wrong with it."""
    assert words in problems(submission(repository=repository))["repository"]


@pytest.mark.parametrize("repository", ["genomics/*", "*", "a/b/c/*"])
def test_wildcards_where_a_setting_allows(repository: str) -> None:
    """A star as the whole last part is what ACR takes."""
    assert problems(submission(repository=repository), wildcards=True) == {}


@pytest.mark.parametrize(("days", "longest"), [(0, None), (-1, None), (91, 90), (None, 90)])
def test_validities_that_the_rules_refuse(days: int | None, longest: int | None) -> None:
    """No validity at all counts as longer than any limit."""
    assert "days" in (forms.validity_problem(days, longest) or "")


def several(*paths: str) -> dict[str, str]:
    """Return the problems of a form with several repositories."""
    chosen = tuple(ports.Repository(*path.split("/", 1)) for path in paths)
    return problems(dataclasses.replace(submission(), repositories=chosen))


def test_several_repositories_of_one_registry_are_fine() -> None:
    """One credential reads them all; one that is chosen twice counts once."""
    many = [f"acme.azurecr.io/team/r{number}" for number in range(100)]

    assert several(*many, many[0]) == {}


def test_repositories_of_two_registries_are_two_requests() -> None:
    """A credential is for one host: the field names both."""
    told = several("b.azurecr.io/team/tool", "a.azurecr.io/team/tool")["repository"]

    assert "a.azurecr.io and b.azurecr.io" in told


@pytest.mark.parametrize(
    ("number", "length", "limit", "found"),
    [(101, 10, "100 repositories", "101"), (80, 150, "12000 characters of repository names", "13280")],
)
def test_a_request_is_about_no_more_than_its_approvers_are_shown(
    number: int, length: int, limit: str, found: str
) -> None:
    """The limit is told with both numbers, before anybody is asked, and what to do about it."""
    told = several(*(f"acme.azurecr.io/{one:0{length}}" for one in range(number)))["repository"]

    assert told == (
        f"One request has room for {limit}, so that its approvers see all of them: these are {found}. "
        "Please ask in several requests."
    )


def test_a_bad_one_of_several_is_named() -> None:
    """Which of them it is has to be said."""
    told = several("acme.azurecr.io/team/tool", "acme.azurecr.io/Team/Tool")["repository"]

    assert told.startswith("acme.azurecr.io/Team/Tool: ")


def test_all_problems_come_together() -> None:
    """Nobody has to send a form twice to learn of the second mistake."""
    sent = submission(name="!", workspace_id=None, repository=None, validity_days=0, reason="x" * 501)

    assert set(problems(sent)) == {"name", "workspace", "repository", "validity", "reason"}


def test_option_keys_fit_where_options_are_kept() -> None:
    """A short path is its own key; a long one becomes a digest of fixed length."""
    short, long = ports.Repository("h", "a/b"), ports.Repository("h" * 60, "a" * 200)

    assert forms.option_key(short) == "h/a/b"
    assert len(forms.option_key(long)) == 41
