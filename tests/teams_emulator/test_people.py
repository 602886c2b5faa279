"""People at their Teams: what they do arrives as Teams sends it, and they see what it answers."""

from __future__ import annotations

import jwt
import pytest
from aiohttp import web

from bot.sandbox.slack import filling
from bot.sandbox.teams import answers, tenant
from tests.teams_emulator import apps

RESULTS = {
    "statusCode": 200,
    "type": answers.SEARCHED,
    "value": {"results": [{"title": "Thing", "value": "thing"}]},
}


async def test_a_message_mentions_the_bot(bot: apps.Bot) -> None:
    """In a channel the bot is sent what mentions it, with the mention, signed for this bot."""
    said = await bot.person().say(tenant.HOME, "help")

    (got,) = bot.got
    claims = jwt.decode(got["Authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    assert (got["text"], got["from"]["aadObjectId"]) == ("<at>registry-bot</at> help", tenant.ANA.id)
    assert got["conversation"]["id"] == f"{tenant.GENOMICS};messageid={said.id}"
    assert (claims["aud"], claims["serviceurl"]) == (tenant.CLIENT_ID, bot.teams.url)


async def test_a_personal_message_mentions_nobody(bot: apps.Bot) -> None:
    """In somebody's own chat with the bot there is nobody else to be meant."""
    await bot.person().say("", "help")

    assert bot.got[0]["text"] == "help"
    assert bot.got[0]["conversation"]["conversationType"] == "personal"


async def test_a_button_carries_its_verb_and_the_fields_around_it(bot: apps.Bot) -> None:
    """Action.Execute arrives with verb and data, and what was typed beside it."""
    bot.answer("adaptiveCard/action", apps.told("Thank you."))
    posted = await bot.post(apps.card(apps.NAME, actions=(apps.press(),)))
    ana = bot.person()

    missing = await ana.press(ana.sees(tenant.HOME)[0], "Go")
    outcome = await ana.press(ana.sees(tenant.HOME)[0], "Go", {"name": "Ana"})

    (got,) = bot.got
    assert missing.errors == {"name": "Who?"}
    assert outcome.notice == "Thank you."
    assert (got["replyToId"], got["value"]["trigger"]) == (posted, "manual")
    assert got["value"]["action"]["data"] == {"name": "Ana", "action": "go"}


async def test_who_pressed_sees_another_card_until_it_changes_for_all(bot: apps.Bot) -> None:
    """The card in the answer is for one person; the message's next version is for everybody."""
    answer = {"statusCode": 200, "type": answers.CARD, "value": apps.card({**apps.TEXT, "text": "Yours"})}
    bot.answer("adaptiveCard/action", answer)
    posted = await bot.post(apps.card(apps.TEXT, actions=(apps.press(),)))
    ana, ben = bot.person(), bot.person(tenant.BEN)
    await ana.press(ana.sees(tenant.HOME)[0], "Go")
    first = (ana.sees(tenant.HOME)[0].text, ben.sees(tenant.HOME)[0].text)

    await bot.call(
        "PUT",
        f"/v3/conversations/{tenant.GENOMICS}/activities/{posted}",
        apps.message(apps.card({**apps.TEXT, "text": "All"})),
    )

    assert first == ("Yours", "Hello")
    assert ana.sees(tenant.HOME)[0].text == ben.sees(tenant.HOME)[0].text == "All"


async def test_a_dialog_is_opened_filled_and_sent(bot: apps.Bot) -> None:
    """A dialog opens by task/fetch, searches as one types, checks what is required, and is submitted."""
    bot.answer("task/fetch", apps.dialog(apps.card(apps.NAME, apps.FIND, actions=(apps.SEND,))))
    bot.answer("application/search", RESULTS)
    bot.answer("task/submit", {"task": {"type": "message", "value": "Kept."}})
    await bot.post(apps.card(actions=(apps.OPEN,)))
    ana = bot.person()

    opened = await ana.press(ana.sees(tenant.HOME)[0], "Open")
    found = await ana.search("Find", "thi")
    ana.type("Find", found[0][1])
    missing = await ana.submit()
    ana.type("Name", "Ana")
    sent = await ana.submit()

    assert opened.window
    assert (opened.window.title, found) == ("A form", (("Thing", "thing"),))
    assert missing.errors == {"name": "Who?"}
    assert sent.window
    assert sent.window.told == "Kept."
    assert [one["name"] for one in bot.got] == ["task/fetch", "application/search", "task/submit"]
    assert bot.got[1]["value"]["dataset"] == "things"
    assert bot.got[2]["value"]["data"] == {"find": "thing", "name": "Ana", "action": "send"}


async def test_a_dialog_comes_back_with_what_is_wrong(bot: apps.Bot) -> None:
    """A submission that is answered with a card keeps the dialog open, with that card's content."""
    bot.answer("task/fetch", apps.dialog(apps.card(apps.NAME, actions=(apps.SEND,))))
    again = apps.card({**apps.NAME, "value": "Ana"}, apps.TEXT, actions=(apps.SEND,))
    bot.answer("task/submit", apps.dialog(again))
    await bot.post(apps.card(actions=(apps.OPEN,)))
    ana = bot.person()
    await ana.press(ana.sees(tenant.HOME)[0], "Open")
    ana.type("Name", "Ana")

    outcome = await ana.submit()
    ana.close()

    assert outcome.window
    assert (outcome.window.typed, outcome.window.card["body"]) == ({"name": "Ana"}, again["body"])
    assert ana.window() is None


async def test_the_message_extension_opens_a_dialog_anywhere(bot: apps.Bot) -> None:
    """The app's command beside the compose box has invokes of its own; no answer's task closes it."""
    bot.answer("composeExtension/fetchTask", apps.dialog(apps.card(apps.NAME, actions=(apps.SEND,))))
    bot.answer("composeExtension/submitAction", {})
    ana = bot.person()
    await ana.compose("ask", tenant.HOME)
    ana.type("Name", "Ana")

    await ana.submit()

    fetched, sent = bot.got
    assert (fetched["value"]["commandId"], sent["name"]) == ("ask", "composeExtension/submitAction")
    assert sent["value"]["data"] == {"name": "Ana", "action": "send"}
    assert ana.window() is None


@pytest.mark.parametrize(
    "answer",
    [web.Response, lambda: web.json_response({"value": 1}), lambda: web.Response(status=500)],
    ids=["empty", "ill-formed", "failed"],
)
async def test_an_invoke_is_sent_again(bot: apps.Bot, answer: type[web.Response]) -> None:
    """What is answered with nothing comes again: first with the same id, then with another one."""
    bot.answers["adaptiveCard/action"] = answer
    await bot.post(apps.card(actions=(apps.press(),)))
    ana = bot.person()

    outcome = await ana.press(ana.sees(tenant.HOME)[0], "Go")

    first, second, third = (one["id"] for one in bot.got)
    assert outcome.notice == answers.UNREACHABLE
    assert (first == second, second == third) == (True, False)
    assert len(bot.teams.complaints) == 3


async def test_a_bot_that_is_away_is_told_to_the_person(bot: apps.Bot) -> None:
    """Nobody answers: the client says so, and that is no fault of the bot's."""
    await bot.post(apps.card(actions=(apps.press(),)))
    bot.teams.endpoint = "http://127.0.0.1:9/api/messages"
    ana = bot.person()

    outcome = await ana.press(ana.sees(tenant.HOME)[0], "Go")
    await ana.say(tenant.HOME, "help")

    assert outcome.notice == answers.UNREACHABLE
    assert bot.teams.complaints == []


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("adaptiveCard/action", {"statusCode": 200, "type": answers.CARD, "value": {}}, "AdaptiveCard"),
        (
            "application/search",
            {**RESULTS, "value": {"results": [{"title": "a", "value": "b"}] * 16}},
            "more than 15",
        ),
    ],
)
def test_what_a_client_would_not_draw_is_noted(name: str, body: apps.Json, problem: str) -> None:
    """Answers are looked at as closely as messages."""
    shown = answers.shown(name, 200, body)

    assert any(problem in one for one in shown.problems)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("task/fetch", {"task": {"type": "continue"}}),
        ("task/fetch", {}),
        ("application/search", {"statusCode": 200, "type": answers.SEARCHED, "value": {}}),
        ("application/search", {**RESULTS, "value": {"results": [{"title": "a"}]}}),
        ("adaptiveCard/action", {"type": answers.TOLD, "value": "no status"}),
    ],
)
def test_ill_formed_answers(name: str, body: apps.Json) -> None:
    """What a client takes for no answer at all."""
    with pytest.raises(answers.IllFormed):
        answers.shown(name, 200, body)


async def test_what_is_not_on_the_screen_cannot_be_done(bot: apps.Bot) -> None:
    """A person sees only their own conversations, and presses only what is there."""
    await bot.post(apps.card(apps.TEXT, actions=(apps.press(),)))
    ana, dan = bot.person(), bot.person(tenant.DAN)
    seen = ana.sees(tenant.HOME)[0]

    with pytest.raises(filling.NotOnScreen, match="Dan Webb is not in"):
        dan.sees(tenant.APPROVERS)
    with pytest.raises(filling.NotOnScreen, match="there is 'Go'"):
        await ana.press(seen, "Stop")
    with pytest.raises(filling.NotOnScreen, match="no dialog open"):
        ana.type("Name", "Ana")


async def test_waiting_ends_with_words(bot: apps.Bot) -> None:
    """Who waits for what does not come hears what they waited for."""
    with pytest.raises(TimeoutError, match="Ana Ruiz reads 'nothing' in Genomics"):
        await bot.person().awaits(tenant.HOME, "nothing", within_s=0.01)
