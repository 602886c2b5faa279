"""Repositories and tags through the registries' own data plane, over real HTTP."""

from __future__ import annotations

import datetime as dt
import time as wall
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import errors, ports
from bot.clients import acr, catalog
from bot.sandbox import arm_state, emulator
from tests import fakes
from tests.azure.conftest import House, searching
from tests.waiting import wait_until


@pytest.fixture
async def search(house: House, time: fakes.FakeClock) -> AsyncIterator[catalog.AcrCatalog]:
    """Open a catalog over the whole made-up Azure."""
    async with searching(house.settings(), time) as client:
        yield client


def rna(house: House) -> ports.Repository:
    """Return a repository that is there."""
    return ports.Repository(house.genomics.login_server, "rna-seq")


async def names(client: catalog.AcrCatalog, text: str = "") -> list[str]:
    """Search and return the matches' names."""
    return [match.name for match in (await client.search(text, limit=100)).matches]


async def test_every_registry_is_searched(house: House, search: catalog.AcrCatalog) -> None:
    """One search goes over all registries, in either mode of permissions; an empty one is not silent."""
    found = await search.search("", limit=100)

    expected = [
        (one.login_server, name) for one in house.state.registries.values() for name in one.repositories
    ]
    assert sorted((match.login_server, match.name) for match in found.matches) == sorted(expected)
    assert (found.more, found.silent) == (0, ())


async def test_a_second_search_asks_nobody(house: House, search: catalog.AcrCatalog) -> None:
    """What one types next is answered from memory."""
    await search.search("r", limit=10)
    before = len(house.journal.exchanges)

    await search.search("rn", limit=10)

    assert len(house.journal.exchanges) == before


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("page", [1, 2, 3, 7])
async def test_all_pages_are_read(
    house: House, search: catalog.AcrCatalog, *, links: bool, page: int
) -> None:
    """A page that is shorter than asked for is not the last one, with a Link header or without."""
    plane = house.acr["acmegenomics"]
    plane.links, plane.page = links, page
    house.genomics.repositories = {f"tool-{number}": [] for number in range(7)}

    found = await names(search, "tool")

    assert sorted(found) == sorted(house.genomics.repositories)


@pytest.mark.parametrize(
    "link",
    [
        '<https://evil.example/acr/v1/_catalog?last=rna-seq&n=1>; rel="next"',
        "</acr/v1/_catalog?n=1&last=rna-seq>; rel=next",
        '</acr/v1/_catalog?n=1>; rel="next"',
        "nonsense",
    ],
)
async def test_a_link_says_where_to_go_on_and_nothing_else(
    house: House, search: catalog.AcrCatalog, link: str
) -> None:
    """Of a Link only the name is taken: the host and the path are ours."""
    plane = house.acr["acmegenomics"]
    plane.faults.append(
        emulator.Fault("/_catalog", status=200, headers={"Link": link}, body='{"repositories": ["rna-seq"]}')
    )

    found = await names(search, "team")

    assert found == ["team/aligner", "team/empty"]


async def test_a_registry_that_repeats_itself_is_left(house: House, search: catalog.AcrCatalog) -> None:
    """A data plane that ignores `last` does not keep the bot asking for ever."""
    plane = house.acr["acmepublic"]
    plane.faults.append(
        emulator.Fault("/_catalog", times=None, status=200, body='{"repositories": ["same"]}')
    )

    assert await names(search, "same") == ["same"]


async def test_a_hanging_registry_does_not_keep_the_others(house: House, search: catalog.AcrCatalog) -> None:
    """The first search answers within two seconds with what is there, and names who is silent."""
    hanging = house.acr["acmeproteomics"]
    hanging.faults.append(emulator.Fault("/_catalog", delay_s=1.9))
    begun = wall.perf_counter()

    found = await search.search("", limit=100)

    assert wall.perf_counter() - begun < 2
    assert found.silent == (hanging.registry.login_server,)
    assert {match.login_server for match in found.matches} == {house.genomics.login_server}


async def test_a_late_registry_is_there_next_time(house: House, search: catalog.AcrCatalog) -> None:
    """What did not answer in time goes on in the background."""
    house.acr["acmeproteomics"].faults.append(emulator.Fault("/_catalog", delay_s=1.7))
    first = await search.search("maxquant", limit=1)

    async def answered() -> bool:
        return bool((await search.search("maxquant", limit=1)).matches)

    assert first.matches == ()
    await wait_until(answered, "the late registry's repositories are found")


async def test_arm_hanging_is_told_in_time(house: House, search: catalog.AcrCatalog) -> None:
    """Without the list of registries there is nothing to search, and nobody waits for it for long."""
    house.fault("GET ", delay_s=2.0)

    with pytest.raises(errors.Temporary, match="in time"):
        await search.search("", limit=1)


async def test_a_failing_registry_is_silent(
    house: House, search: catalog.AcrCatalog, time: fakes.FakeClock
) -> None:
    """A registry that refuses is silent and left in peace for a while; then it is asked again."""
    fault = emulator.Fault("/_catalog", times=None, status=429, headers={"Retry-After": "90"})
    house.acr["acmegenomics"].faults.append(fault)

    silent = (await search.search("", limit=1)).silent
    asked = len(house.sent("/_catalog"))
    await search.search("", limit=1)
    again = len(house.sent("/_catalog"))
    fault.times = 0
    time.shift += dt.timedelta(seconds=91)

    assert (silent, again) == ((house.genomics.login_server,), asked)
    assert (await search.search("rna", limit=1)).silent == ()


async def test_old_names_answer_while_new_ones_come(
    house: House, search: catalog.AcrCatalog, time: fakes.FakeClock
) -> None:
    """After five minutes a search answers at once with what it had, and refreshes behind it."""
    await search.search("", limit=1)
    house.genomics.repositories["new-tool"] = []
    time.shift += dt.timedelta(minutes=6)

    at_once = await names(search, "new-tool")

    async def there() -> bool:
        return await names(search, "new-tool") == ["new-tool"]

    assert at_once == []
    await wait_until(there, "the new repository is found")


async def test_very_old_names_are_waited_for(
    house: House, search: catalog.AcrCatalog, time: fakes.FakeClock
) -> None:
    """The first search of the morning shows what was pushed overnight."""
    await search.search("", limit=1)
    house.genomics.repositories["new-tool"] = []
    time.shift += dt.timedelta(hours=9)

    assert await names(search, "new-tool") == ["new-tool"]


async def test_names_outlive_their_registry_being_away(
    house: House, search: catalog.AcrCatalog, time: fakes.FakeClock
) -> None:
    """A registry that is away for a day is still found by what it had."""
    await search.search("", limit=1)
    house.acr["acmegenomics"].faults.append(emulator.Fault("", times=None, status=503))
    time.shift += dt.timedelta(hours=9)

    assert await names(search, "rna") == ["rna-seq"]
    assert house.genomics.login_server in search.failures


async def test_warming_fills_every_shelf(house: House, search: catalog.AcrCatalog) -> None:
    """A start begins to list, and the first person who types finds it done."""
    await search.warm()
    await wait_until(lambda: len(house.sent("/_catalog")) >= 3, "every registry was listed")

    assert len(await names(search)) == 4


async def test_warming_in_vain_is_no_error(house: House, search: catalog.AcrCatalog) -> None:
    """A start without ARM goes on."""
    fault = house.fault("GET ", status=403)

    await search.warm()
    await wait_until(lambda: fault.times == 0, "ARM was asked")

    assert search.failures == {}


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


async def test_a_catalog_that_is_closed_leaves_nothing(house: House, time: fakes.FakeClock) -> None:
    """Closing in the middle of warming ends every request."""
    house.acr["acmegenomics"].faults.append(emulator.Fault("/_catalog", delay_s=0.3))

    async with searching(house.settings(), time) as client:
        await client.warm()
        await wait_until(lambda: len(house.sent("/oauth2/token")) >= 3, "the listing is under way")

    assert all(host.plane._client.is_closed for host in client._hosts.values())
