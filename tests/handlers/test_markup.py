"""Slack's form of sentences: mentions, dates, and user text that is never markup."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import model
from handlers.parts import Code, Listing, Points, Quote, Sentence
from handlers.slack import markup
from tests.handlers import samples

TEAMS_USER = model.Principal(platform=model.Platform.TEAMS, tenant="t", user="u")
TEAMS_GROUP = model.Usergroup(platform=model.Platform.TEAMS, id="19:x@thread.tacv2")
TEAMS_PLACE = model.Place(platform=model.Platform.TEAMS, tenant="t", channel="19:x@thread.tacv2")
MOMENT = int(samples.NOW.timestamp())


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        (
            ("<!channel> & <@U1> <http://evil|here>",),
            "&lt;!channel&gt; &amp; &lt;@U1&gt; &lt;http://evil|here&gt;",
        ),
        ((Code("a`b\n<c>"),), "`a'b &lt;c&gt;`"),
        ((Code("``"),), "`''`"),
        ((Code(" "),), "` `"),
        ((samples.BEN,), "<@U0BEN>"),
        ((TEAMS_USER,), "somebody on Teams"),
        ((TEAMS_GROUP,), "the members of a channel on Teams"),
        ((TEAMS_PLACE,), "a channel on Teams"),
        ((samples.APPROVALS,), "<#C0APPROVALS>"),
        ((samples.place("D0ANA"),), "a direct message"),
        (
            (samples.NOW,),
            f"<!date^{MOMENT}^{{date_short_pretty}} at {{time}}|23 Nov 2026, 12:00 UTC>",
        ),
    ],
)
def test_a_sentence_in_mrkdwn(sentence: Sentence, wanted: str) -> None:
    """In mrkdwn the three control characters are escaped, and values stand in code."""
    assert markup.mrkdwn(sentence) == wanted


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        (("<b> ", Code("a`b"), "."), "<b> a`b."),
        ((samples.BEN, " in ", samples.APPROVALS), "somebody else in the channel"),
        ((samples.NOW,), "23 Nov 2026, 12:00 UTC"),
    ],
)
def test_a_sentence_without_markup(sentence: Sentence, wanted: str) -> None:
    """Where Slack shows text as it stands, nothing is escaped and nobody is mentioned."""
    assert markup.plain(sentence) == wanted


@pytest.mark.parametrize(
    ("part", "wanted"),
    [
        ("*bold* <@U1>", {"type": "text", "text": "*bold* <@U1>"}),
        (Code("x"), {"type": "text", "text": "x", "style": {"code": True}}),
        (samples.BEN, {"type": "user", "user_id": "U0BEN"}),
        (TEAMS_USER, {"type": "text", "text": "somebody on Teams"}),
        (TEAMS_GROUP, {"type": "text", "text": "the members of a channel on Teams"}),
        (TEAMS_PLACE, {"type": "text", "text": "a channel on Teams"}),
        (samples.APPROVALS, {"type": "channel", "channel_id": "C0APPROVALS"}),
        (samples.place("D0ANA"), {"type": "text", "text": "a direct message"}),
        (
            samples.NOW,
            {
                "type": "date",
                "timestamp": MOMENT,
                "format": "{date_short_pretty} at {time}",
                "fallback": "23 Nov 2026, 12:00 UTC",
            },
        ),
    ],
)
def test_a_sentence_in_rich_text(
    part: str | Code | model.Principal | dt.datetime, wanted: markup.Json
) -> None:
    """In rich text words are only words, and people, places and moments have elements of their own."""
    assert markup.rich((part, "")) == [wanted]


def test_words_that_follow_each_other_are_one_element() -> None:
    """However a sentence was put together, its words are not torn apart."""
    assert markup.rich(("", "a", " b", samples.BEN, " c", "")) == [
        {"type": "text", "text": "a b"},
        {"type": "user", "user_id": "U0BEN"},
        {"type": "text", "text": " c"},
    ]


def test_paragraphs_become_a_block_each() -> None:
    """Each kind of paragraph has its own element."""
    note = (("Hello.",), Listing("a\nb"), Quote("> *me*"), Points((("one",), ("two",))))

    kinds = [block["elements"][0]["type"] for block in markup.blocks(note)]  # type: ignore[index]  # a list of objects

    assert kinds == ["rich_text_section", "rich_text_preformatted", "rich_text_quote", "rich_text_list"]


def test_the_text_of_a_message_says_all_of_it() -> None:
    """What phones and screen readers get is the whole note, escaped."""
    note = (("Hello ", samples.BEN, "."), Listing("<a>"), Quote("<b>"), Points((("one",), ("two",))))

    assert markup.spoken(note) == "Hello <@U0BEN>.\n&lt;a&gt;\n&lt;b&gt;\none\ntwo"


def test_a_text_that_is_too_long_loses_whole_paragraphs() -> None:
    """The text never ends in half a mention or half an entity."""
    note = ((samples.BEN,), Quote("&" * 790), (samples.CLEO,), ("&" * 20,))

    assert markup.spoken(note) == f"<@U0BEN>\n{'&amp;' * 790}\n<@U0CLEO>"


@given(st.text(), st.integers(min_value=3, max_value=300))
def test_middle_keeps_both_ends(words: str, most: int) -> None:
    """An ellipsis in the middle keeps the limit, the beginning and the end."""
    shown = markup.middle(words, most)

    assert len(shown) == min(len(words), most)
    assert shown[-1:] == words[-1:]
    assert shown[:1] == words[:1]


@given(st.text())
def test_nobody_can_type_a_mention(words: str) -> None:
    """Whatever somebody types, mrkdwn has no control sequence of theirs in it."""
    for sentence in ((words,), (Code(words),)):
        assert not set("<>") & set(markup.mrkdwn(sentence))


@given(st.text(), st.integers(min_value=2, max_value=100))
def test_cut_keeps_to_the_limit(words: str, most: int) -> None:
    """A cut text is never longer than it may be."""
    assert len(markup.cut(words, most)) <= most
