"""One registry's repositories and tags, through its own data plane over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from bot import errors, ports
from bot.clients import acr, catalog
from bot.sandbox import arm_state, emulator
from tests.azure.conftest import House


def rna(house: House) -> ports.Repository:
    """Return a repository that is there."""
    return ports.Repository(house.genomics.login_server, "rna-seq")


async def test_a_repository_is_looked_up_where_it_is(house: House, search: catalog.AcrCatalog) -> None:
    """Existence is the registry's own word, not the cache's."""
    assert await search.exists(rna(house))
    del house.genomics.repositories["rna-seq"]

    assert not await search.exists(rna(house))


@pytest.mark.parametrize(("name", "tag"), [("rna-seq", "1.1"), ("team/empty", None), ("no-such", None)])
async def test_the_newest_tag_is_found(
    house: House, search: catalog.AcrCatalog, *, name: str, tag: str | None
) -> None:
    """The tag that was pushed last; none for an empty repository, or for none."""
    assert await search.newest_tag(ports.Repository(house.genomics.login_server, name)) == tag


@pytest.mark.parametrize(
    "name", ["../oauth2", "a/../b", "rna-seq?x", "RNA", "", "a//b", "team/*", "a b", "%2e%2e"]
)
async def test_only_a_name_becomes_part_of_an_address(
    house: House, search: catalog.AcrCatalog, name: str
) -> None:
    """What is no repository name is asked of nobody."""
    repository = ports.Repository(house.genomics.login_server, name)

    assert (await search.exists(repository), await search.newest_tag(repository)) == (False, None)
    assert [one for one in house.journal.exchanges if one.to.startswith("acr")] == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9", "acmegenomics.azurecr.io@evil.example", ""])
async def test_only_arms_hosts_are_spoken_to(house: House, search: catalog.AcrCatalog, host: str) -> None:
    """A host that a user made up gets no request, and no token."""
    repository = ports.Repository(host, "rna-seq")

    for question in (search.exists, search.newest_tag):
        with pytest.raises(errors.NotFound):
            await question(repository)

    assert {one.to for one in house.journal.exchanges} == {"identity", "arm"}


@pytest.mark.parametrize(
    ("registry", "role", "question"),
    [
        ("acmegenomics", arm_state.ACR_PULL, "search"),
        ("acmegenomics", arm_state.ACR_PULL, "exists"),
        ("acmeproteomics", arm_state.CATALOG_LISTER, "search"),
        ("acmeproteomics", arm_state.REPOSITORY_READER, "exists"),
    ],
)
async def test_a_missing_role_is_named_for_each_mode(
    house: House, search: catalog.AcrCatalog, *, registry: str, role: str, question: str
) -> None:
    """In ABAC mode AcrPull gives nothing, so the role that helps is named."""
    one = house.state.registries[registry]
    one.roles.discard(role)

    await search.search("", limit=1)
    failure: errors.ServiceError | None = search.failures.get(one.login_server)
    if question == "exists":
        with pytest.raises(errors.Forbidden) as refused:
            await search.exists(ports.Repository(one.login_server, "maxquant"))
        failure = refused.value

    assert failure is not None
    assert f"the role {role} on the registry {registry}" in str(failure.remedy)


async def test_tokens_are_kept(house: House, search: catalog.AcrCatalog) -> None:
    """The same question again needs no new token."""
    await search.exists(rna(house))
    await search.exists(rna(house))

    assert (len(house.sent("/oauth2/exchange")), len(house.sent("/oauth2/token"))) == (1, 1)


async def test_a_token_that_ran_out_is_replaced(house: House, search: catalog.AcrCatalog) -> None:
    """After its expiry a question costs a new exchange, not a failure."""
    await search.exists(rna(house))
    house.acr["acmegenomics"].forget()

    assert await search.exists(rna(house))


async def test_a_refresh_token_that_ran_out_is_replaced(house: House, search: catalog.AcrCatalog) -> None:
    """So it is when the question has another scope, and only the exchange was kept."""
    await search.exists(rna(house))
    house.acr["acmegenomics"].forget()

    assert await search.newest_tag(ports.Repository(house.genomics.login_server, "team/aligner")) == "latest"


async def test_many_repositories_keep_few_tokens(house: House, search: catalog.AcrCatalog) -> None:
    """Tokens of single repositories do not pile up."""
    for number in range(acr._KEPT + 2):
        await search.exists(ports.Repository(house.genomics.login_server, f"tool-{number}"))

    plane = search._hosts[house.genomics.login_server].plane
    assert len(plane._access) == 2


async def test_arms_audience_serves_where_the_registries_own_is_unknown(
    house: House, search: catalog.AcrCatalog
) -> None:
    """A tenant that does not know containerregistry.azure.net still knows ARM."""
    house.identity.unknown.add("https://containerregistry.azure.net")

    assert await search.exists(rna(house))


async def test_the_registries_own_audience_comes_first(house: House, search: catalog.AcrCatalog) -> None:
    """Where tokens for ARM are switched off, only that one works."""
    house.genomics.arm_audience = False

    assert await search.exists(rna(house))


async def test_no_audience_at_all_is_told(house: House, search: catalog.AcrCatalog) -> None:
    """If a registry takes neither, the identity is at fault."""
    await search.exists(rna(house))
    house.acr["acmegenomics"].forget()
    house.state.bearers.clear()

    with pytest.raises(errors.Forbidden):
        await search.exists(rna(house))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 429, "headers": {"Retry-After": "8"}}, errors.Throttled),
        ({"status": 503}, errors.Temporary),
        ({"cut": True}, errors.Temporary),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, errors.Permanent),
        ({"status": 400}, errors.Permanent),
        ({"status": 200, "body": "<html>"}, errors.Temporary),
    ],
    ids=str,
)
async def test_faults_of_a_registry_have_their_meaning(
    house: House, search: catalog.AcrCatalog, *, fault: dict[str, Any], kind: type[Exception]
) -> None:
    """Each is of a kind that says whether to ask again."""
    house.acr["acmegenomics"].faults.append(emulator.Fault("GET /acr", times=None, **fault))

    with pytest.raises(errors.ServiceError) as failed:
        await search.exists(rna(house))

    assert type(failed.value) is kind
