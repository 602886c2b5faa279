"""What one person is told in answer to what they did: forms, help, refusals and failures."""

from __future__ import annotations

from bot import errors, forms, model
from bot.errors import Reason
from bot.forms import Field, Holder
from handlers import parts, text
from handlers.parts import Code, Note, Part, Points, Sentence

FORM_TITLE = "Registry credential"  # a Slack modal's title has 24 characters
FORM_SUBMIT, FORM_CLOSE = "Ask for it", "Cancel"
NOTICE_CLOSE = "Close"  # nothing was begun that could be cancelled
LOADING = "Looking up where you can use it…"
DENIAL_TITLE, DENIAL_SUBMIT, DENIAL_CLOSE = "Deny this request", "Deny", "Back"
DENIAL_INTRO = "The requester and the approvers will read your reason."
DENIAL_LABEL = "Why do you deny it?"
DENIAL_MISSING = "Say why: the requester will read it."
# Where a window opens only from a message's button (Teams).
LAUNCHER = "Ask for a registry credential in Seqera Tower. An approver decides, and nobody sees the password."
OPEN_FORM, FORM_HERE = "Open the form", "Fill it in here"
NOTHING_NEW = "Nothing has changed here."
ELSEWHERE = "The answer is in our personal chat, since only you should read it."
NOT_ELSEWHERE = "Only you should read the answer: add this app for yourself, and ask again in its chat."

LABELS = {
    Field.NAME: "Name",
    Field.WORKSPACE: "Tower workspace",
    Field.REPOSITORY: "Repository",
    Field.VALIDITY: "Valid for (days)",
    Field.REASON: "Reason",
}
HINTS = {
    Field.NAME: "What the credential is called in Tower: 2 to 99 letters, digits, dashes or underscores.",
    Field.REPOSITORY: (
        "Read access to what you choose here, and nothing else, is what you ask for. Choose several of one "
        f"registry if you like, at most {forms.MOST_AT_ONCE} at once."
    ),
    Field.REASON: "The approvers read it.",
}
CHOOSE_WORKSPACE = "Choose a workspace"
SEARCH = "Type a part of the name"

# Slack's manifest allows 24 characters for a shortcut's name, 35 for the app's.
SHORTCUT_NAME, SHORTCUT_ABOUT = "Registry credential", "Ask for a registry credential in Seqera Tower"
COMMAND_ABOUT = "Ask for a registry credential in Seqera Tower"
APP_NAME = "registry-bot"
APP_ABOUT = "Approve in chat, and Seqera Tower gets its Azure registry credential. Nobody sees the password."


def validity_hint(longest_days: int | None) -> str:
    """Return what may be typed as validity."""
    if longest_days is None:
        return "Leave it empty for a password without an end."
    return f"At most {longest_days} days here."


def becomes(preview: forms.Preview) -> Sentence:
    """Return what sending the form leads to, where that is not simply a credential for one repository."""
    if preview.refusal:
        return ()
    known = preview.credential.name if preview.credential else preview.held_by or "that is there"
    match preview.kind:
        case model.Kind.EXTEND:
            joins: Sentence = (
                "🔗 This joins the credential ",
                Code(known),
                ": no new password, and no new name.",
            )
        case model.Kind.ADOPT:
            joins = (
                "🤝 This takes over the credential ",
                Code(known),
                ", which somebody made by hand in Tower: it gets a new token and password. Its name stays.",
            )
        case _:
            joins = ()
    return parts.sentences(joins, _room(preview))


def _room(preview: forms.Preview) -> Sentence:
    if preview.readable < (1 if preview.kind is model.Kind.EXTEND else 2):
        return ()
    return (f"It would read {preview.readable} of at most {forms.MOST_REPOSITORIES} repositories.",)


def will_ask(preview: forms.Preview) -> Sentence:
    """Return who would be asked, where, and until when; or why nobody would be."""
    if preview.refusal:
        return (f"⚠️ {preview.refusal}",)
    if preview.approval is None or preview.deadline_hours is None:
        return ("Choose a workspace and a repository to see who will be asked.",)
    # Everybody but the requester is asked, so an only approver has nobody.
    asked: tuple[Part, ...] = (*preview.approver_groups, *preview.approvers)
    if not asked:
        return (
            "Nobody else could approve this: you are the only approver, and nobody decides on their own.",
        )
    count = "1 approval" if preview.needed == 1 else f"{preview.needed} approvals"
    quota: Sentence = ("Within your quota the rule approves this by itself. Otherwise: ",)
    return (
        *(quota if preview.automatic else ()),
        "Will ask: ",
        *parts.listed(asked),
        " in ",
        preview.approval,
        f" ({count} needed, within {_hours(preview.deadline_hours)}).",
    )


def _hours(hours: float) -> str:
    return "1 hour" if hours == 1 else f"{hours:g} hours"


def warnings(preview: forms.Preview) -> tuple[Sentence, ...]:
    """Return what stands in the way of a request, or should be known before it is sent."""
    # What the form deals with by itself is nothing to warn of, nor is what it refuses already.
    dealt = preview.kind in {model.Kind.EXTEND, model.Kind.ADOPT} or preview.refusal
    held = None if dealt and preview.holder is not Holder.OPEN else _HELD.get(preview.holder)
    name: Sentence = (" (", Code(preview.held_by), *_asked_by(preview), ")") if preview.held_by else ()
    known = ((f"⚠️ {held[0]}", *name, held[1]),) if held else ()
    return (*known, *((f"⚠️ {warning}",) for warning in preview.warnings))


def _asked_by(preview: forms.Preview) -> Sentence:
    request = preview.open_request
    return (", asked by ", request.requester, " in ", *_where(request)) if request else ()


def _where(request: model.Request) -> Sentence:
    return (request.place,) if request.place else ("a direct message",)


_HELD = {
    Holder.OURS: (
        "This workspace already has a credential for this registry through this bot",
        ", but its record cannot be read. An operator has to look into it.",
    ),
    Holder.OPEN: (
        "This workspace already has an open request for this registry",
        ". Wait until it is decided, or cancel it first.",
    ),
    Holder.MANUAL: (
        "This workspace already has a credential for this registry that somebody made by hand",
        ". Wave would use only one of the two: remove that one in Tower first.",
    ),
}


def narrow(shown: int, more: int) -> str:
    """Return the hint at the end of a list that was cut."""
    return f"… and {more} more after these {shown}: keep typing"


def silent(hosts: tuple[str, ...]) -> str:
    """Return the hint for registries that could not be searched."""
    return f"No answer from {hosts[0]}" if len(hosts) == 1 else f"No answer from {len(hosts)} registries"


SOME_GONE = "Not all of these are there any more: remove them, and search for them again."
SEARCH_FAILED = "The registries did not answer: type again"

# What can be typed after the command's name, and what it does.
USAGE = (
    ("", "opens the form."),
    ("list", "shows your requests; or list credentials, list waiting, list workspace ORG/NAME."),
    ("status ID", "shows all of one request."),
    ("rotate NAME", "gives a credential a new password, without a break."),
    ("remove NAME", "takes repositories away from a credential."),
    ("revoke NAME", "takes a credential away."),
    ("whoami", "says what you may ask for, and what you may decide."),
    ("help", "shows this."),
)
LOOKS = frozenset({"list", "status", "whoami", "help"})  # these change nothing


def usage() -> Note:
    """Return how the command is used."""
    return (
        (Code(text.COMMAND), " opens a form. You ask, an approver approves, and Tower gets the credential."),
        Points(tuple((Code(f"{text.COMMAND} {words}".strip()), f" {does}") for words, does in USAGE)),
        ("Before you send anything you read what would happen, and who will be asked.",),
        ("Nobody sees the password: it goes straight to Tower.",),
    )


def not_understood(words: str) -> Note:
    """Return the help, after what was not understood."""
    return (("I do not know ", Code(f"{text.COMMAND} {words}"), "."), *usage())


def problem(error: errors.BotError | TimeoutError, *, looking: bool = False) -> Sentence:
    """Return what went wrong, whether anything was kept, and what to do.

    Who was only `looking` asked for nothing that could have been kept.
    """
    match error:
        case errors.Refused():
            return refused(error)
        case errors.NotAccepted() if looking:
            return ("This cannot be shown now: the bot cannot reach its store. Please try again.",)
        case errors.NotAccepted():
            return (
                "Not accepted, please try again: the bot cannot reach its store now, so nothing was kept.",
            )
        case errors.ServiceError() if error.remedy:
            return (f"{_stop(str(error))} An operator can mend it: {_stop(error.remedy)}",)
        case TimeoutError():
            # Whether it was committed in the last moment is not known; operations carry a token.
            return ("That took too long. Please try again: doing it twice has the same effect as once.",)
        case _:
            return (_stop(str(error)),)


def refused(error: errors.Refused) -> Sentence:
    """Return why somebody may not do this now."""
    request = error.request
    if request is not None and error.reason is Reason.DUPLICATE:
        return parts.sentences(_known(request), text.stands(request))
    if request is None or error.reason not in {Reason.ALREADY_DECIDED, Reason.EXPIRED}:
        return (_stop(str(error)),)
    if request.state is not model.State.PENDING:
        return parts.sentences(
            ("Nothing was changed: this request is not open any more.",), text.stands(request)
        )
    # Still pending to the store: nobody has come by since its deadline to mark it expired.
    return ("The deadline, ", request.deadline, ", has passed. Ask again with ", Code(text.COMMAND), ".")


def _known(request: model.Request) -> Sentence:
    known = Code(model.short_id(request.id))
    asked: Sentence = ("This is asked for already: request ", known, ", by ", request.requester, " in ")
    return (*asked, *_where(request), ".")


def form_not_opened() -> Sentence:
    """Return that the platform did not let a window be opened."""
    return ("The window could not be opened in time. Please try again.",)


def unexpected(error_id: str) -> Sentence:
    """Return that something failed in a way nobody foresaw; the id finds it in the log."""
    return ("Something went wrong inside the bot. Tell an operator this id: ", Code(error_id), ".")


def unknown_element() -> Sentence:
    """Return the answer to a button or form of an older version."""
    return ("This comes from another version of the bot and does nothing any more.",)


def unseen(role: model.Role, why: str) -> str:
    """Return that a message could not be shown, and what would change that."""
    return f"{_unseen(role)}: {why}"


def unsent(role: model.Role, error: errors.ServiceError) -> str:
    """Return that a message could not be shown, for a reason that people in chat cannot mend."""
    return f"{_unseen(role)}. {_stop(str(error))}"


def _unseen(role: model.Role) -> str:
    return f"I could not {_UNSEEN.get(role, 'write there')}"


_UNSEEN = {
    model.Role.APPROVAL: "ask the approvers in their channel",
    model.Role.ORIGIN: "write in the channel where this was asked",
    model.Role.DIRECT: "write to the requester",
    model.Role.TOLD: "tell the channel that the rule names",
    model.Role.REMINDER: "remind the approvers",
    model.Role.ESCALATION: "ask the fallback approvers",
}


def _stop(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def no_workspace() -> Note:
    """Return that there is nowhere to put a credential, and what an administrator can do."""
    return (
        ("There is no Tower workspace that the bot may write to.",),
        ("An administrator of Tower can give the bot's account the role Admin or Owner in yours.",),
    )


def unchecked(error: errors.BotError) -> str:
    """Return that a warning may be missing."""
    return f"This could not be checked now, and will be when you send it. {_stop(str(error))}"
