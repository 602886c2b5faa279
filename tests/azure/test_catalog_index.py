"""Finding repositories by parts of `host/name`, best first."""

from __future__ import annotations

import time

import pytest

from bot import ports
from bot.clients import catalog_index

GENOMICS, PROTEOMICS = "acmegenomics.azurecr.io", "acmeproteomics.azurecr.io"


def shelf(host: str, *names: str) -> catalog_index.Shelf:
    """Put names on a shelf."""
    return catalog_index.Shelf(host, tuple(sorted(catalog_index.mark(names))))


SHELVES = [
    shelf(GENOMICS, "rna-seq", "team/rna", "team/external", "tools/fastqc", "acme_base", "genomics/base"),
    shelf(PROTEOMICS, "maxquant", "rna-seq", "v1.2/tool__x"),
]


def found(text: str, limit: int = 100) -> list[str]:
    """Search and return the matches' paths, without what all hosts end in."""
    matches = catalog_index.find(SHELVES, text, limit=limit).matches
    return [match.path.replace(".azurecr.io", "") for match in matches]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "rna",
            [
                "acmegenomics/rna-seq",
                "acmeproteomics/rna-seq",
                "acmegenomics/team/rna",
                "acmegenomics/team/external",
            ],
        ),
        ("RNA Seq", ["acmegenomics/rna-seq", "acmeproteomics/rna-seq"]),
        ("seq rna", ["acmegenomics/rna-seq", "acmeproteomics/rna-seq"]),
        ("rna-s", ["acmegenomics/rna-seq", "acmeproteomics/rna-seq"]),
        ("team/rna", ["acmegenomics/team/rna"]),
        ("proteomics rna", ["acmeproteomics/rna-seq"]),
        ("acmegenomics.azurecr.io/rna", ["acmegenomics/rna-seq"]),
        ("genomics.azurecr.io/team", ["acmegenomics/team/external", "acmegenomics/team/rna"]),
        ("tool__x", ["acmeproteomics/v1.2/tool__x"]),
        ("1.2", ["acmeproteomics/v1.2/tool__x"]),
        ("/", ["acmegenomics/genomics/base", "acmegenomics/team/external", "acmegenomics/team/rna"]),
        ("nothing", []),
    ],
)
def test_every_word_matches_and_the_best_comes_first(text: str, expected: list[str]) -> None:
    """The start of a name beats the start of a word, that beats the inside, and a host alone comes last."""
    assert found(text, limit=len(expected) or 1)[: len(expected)] == expected


def test_a_name_beats_its_host() -> None:
    """A word that a host has too ranks the names that have it first."""
    assert found("genomics")[:2] == ["acmegenomics/genomics/base", "acmegenomics/acme_base"]


def test_nothing_typed_shows_the_beginning() -> None:
    """An empty search shows names in order."""
    assert found("", limit=3) == [
        "acmegenomics/acme_base",
        "acmegenomics/genomics/base",
        "acmeproteomics/maxquant",
    ]


@pytest.mark.parametrize(
    ("text", "limit", "more"), [("rna", 2, 2), ("", 3, 6), ("rna", 100, 0), ("nothing", 1, 0)]
)
def test_what_is_left_off_is_counted(text: str, limit: int, more: int) -> None:
    """People are told how many matches they do not see."""
    assert catalog_index.find(SHELVES, text, limit=limit).more == more


def test_names_come_back_as_they_were() -> None:
    """Marking loses nothing."""
    names = ["a", "a/b-c_d.e", "x--y__z"]

    kept = catalog_index.find([shelf(GENOMICS, *names)], "", limit=9).matches

    assert kept == tuple(ports.Repository(GENOMICS, name) for name in names)


@pytest.mark.parametrize("text", ["a", "tool", "team12 tool7", "genomics", "nothing"])
def test_fifty_thousand_names_are_searched_between_keystrokes(text: str) -> None:
    """Ten milliseconds of this machine's time at the most; five times that passes on a slower one."""
    large = shelf(GENOMICS, *(f"team{number % 97}/tool{number % 13}-{number}" for number in range(50_000)))

    spent = []
    for _ in range(5):
        begun = time.thread_time()
        catalog_index.find([large], text, limit=100)
        spent.append(time.thread_time() - begun)

    assert min(spent) < 0.05
