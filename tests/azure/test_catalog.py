"""Search over every registry: pages, silence, age, and who is spoken to."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from bot import errors, ports
from bot.clients import catalog
from bot.sandbox import emulator
from tests import fakes
from tests.azure.conftest import House, searching
from tests.waiting import wait_until


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


@pytest.fixture
async def brisk(house: House, time: fakes.FakeClock) -> AsyncIterator[catalog.AcrCatalog]:
    """Open a catalog that gives a search a third of a second."""
    async with searching(house.settings(), time, budget_s=0.3) as client:
        yield client


async def test_a_hanging_registry_does_not_keep_the_others(house: House, brisk: catalog.AcrCatalog) -> None:
    """The first search answers within its budget with what is there, and names who is silent."""
    hanging = house.acr["acmeproteomics"]
    hanging.faults.append(emulator.Fault("/_catalog", delay_s=0.5))

    found = await brisk.search("", limit=100)

    assert hanging.name not in {one.to for one in house.sent("/_catalog")}  # its answer is still to come
    assert hanging.registry.login_server in found.silent


def test_a_search_is_answered_within_two_seconds() -> None:
    """The budget for what hangs leaves time for everything else."""
    assert catalog.BUDGET_S <= 1.5


async def test_a_late_registry_is_there_next_time(house: House, brisk: catalog.AcrCatalog) -> None:
    """What did not answer in time goes on in the background."""
    await brisk.exists(ports.Repository(house.genomics.login_server, "rna-seq"))  # ARM is not what is late
    house.acr["acmeproteomics"].faults.append(emulator.Fault("/_catalog", delay_s=0.5))
    first = await brisk.search("maxquant", limit=1)

    async def answered() -> bool:
        return bool((await brisk.search("maxquant", limit=1)).matches)

    assert first.matches == ()
    await wait_until(answered, "the late registry's repositories are found")


async def test_arm_hanging_is_told_in_time(house: House, brisk: catalog.AcrCatalog) -> None:
    """Without the list of registries there is nothing to search, and nobody waits for it for long."""
    house.fault("GET ", delay_s=0.5)

    with pytest.raises(errors.Temporary, match="in time"):
        await brisk.search("", limit=1)


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


async def test_a_catalog_that_is_closed_leaves_nothing(house: House, time: fakes.FakeClock) -> None:
    """Closing in the middle of warming ends every request."""
    house.acr["acmegenomics"].faults.append(emulator.Fault("/_catalog", delay_s=0.3))

    async with searching(house.settings(), time) as client:
        await client.warm()
        await wait_until(lambda: len(house.sent("/oauth2/token")) >= 3, "the listing is under way")

    assert all(host.plane._client.is_closed for host in client._hosts.values())
