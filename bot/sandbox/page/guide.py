"""The guide at the side: four steps, and noticing what was done."""

from __future__ import annotations

from bot.sandbox import acme
from bot.sandbox.slack import changes, inputs, state
from bot.sandbox.slack.entities import Json, Message

STEPS = (
    ("ask", "Ana asks", "In Ana's Slack, in #genomics, type /registry and press Enter. A form opens."),
    (
        "fill",
        "She says for what",
        "Give it a name, choose a workspace, search a repository by any part of its name, and send it.",
    ),
    (
        "decide",
        "Ben approves",
        "In Ben's Slack, in #registry-approvals, read what is asked for, and press Approve.",
    ),
    (
        "result",
        "Nobody saw the password",
        "Open the thread below Ana's request for the steps and the result. Below: where the password went.",
    ),
)


class Guide:
    """Follows one request through Slack; `begin_again` waits for the next one."""

    def __init__(self, known: state.State) -> None:
        self._state = known
        self._since = ""
        self.done: set[str] = set()

    def shown(self) -> list[Json]:
        """Return the steps as the page shows them."""
        return [
            {"id": id_, "title": title, "text": text, "done": id_ in self.done} for id_, title, text in STEPS
        ]

    def begin_again(self) -> None:
        """Forget what was done."""
        self.done.clear()
        self._since = self._state.board.stamp()

    def hear(self, change: changes.Change) -> bool:
        """Take a change in; tell whether a step was done by it."""
        before = len(self.done)
        if change.what is changes.What.VIEW_OPENED and change.user == acme.ANA:
            self.done.add("ask")
        message = self._state.board.find(change.channel or "", change.ts or "")
        if message and message.bot and message.ts > self._since:
            self._read(message)
        return len(self.done) > before

    def _read(self, message: Message) -> None:
        # Told by form, not by wording: buttons for the approvers, then none; then lines to copy.
        if message.channel == acme.APPROVALS and not message.reply:
            buttons = any(spot.kind == "button" for spot in inputs.spots(message.blocks))
            if buttons:
                self.done |= {"ask", "fill"}
            elif "fill" in self.done:
                self.done.add("decide")
        # The result may be there before the approvers' message is true again.
        elif message.reply and "fill" in self.done and _lines_to_copy(message):
            self.done |= {"decide", "result"}


def _lines_to_copy(message: Message) -> bool:
    elements = [part for block in message.blocks for part in block.get("elements", ())]
    return any(part.get("type") == "rich_text_preformatted" for part in elements)
