"""The App Home of the whole bot: drawn, worked in, and fresh when something changes."""

from __future__ import annotations

from bot.sandbox import acme, play
from bot.sandbox.slack import people
from handlers import kinds, rows, text

SOON_S = 20.0


async def test_a_home_follows_a_request_to_its_end(outdoors: play.Play) -> None:
    """Ben approves at home, and both homes show each change without being opened again."""
    ana, ben = outdoors.person(acme.ANA), outdoors.person(acme.BEN)
    await ana.open_home(within_s=SOON_S)
    await ben.open_home(within_s=SOON_S)

    await outdoors.ask()
    await outdoors.until(lambda: text.APPROVE in buttons(ben), "it waits for Ben", within_s=SOON_S)
    home = ben.home()
    assert home is not None
    await ben.click(home, text.APPROVE)

    await outdoors.until(lambda: "🟢 Active" in seen(ana), "Ana has a credential", within_s=SOON_S)
    await outdoors.until(lambda: "Nothing waits" in seen(ben), "nothing waits for Ben", within_s=SOON_S)
    assert {kinds.ROTATE, kinds.REVOKE, rows.DETAILS} <= set(buttons(ana))


def seen(who: people.Person) -> str:
    """Return what somebody's home shows."""
    home = who.home()
    return home.text if home else ""


def buttons(who: people.Person) -> tuple[str, ...]:
    """Return the buttons of somebody's home."""
    home = who.home()
    return home.buttons if home else ()
