"""What somebody reads before a credential is rotated, revoked or narrowed: what happens, and who is asked."""

from __future__ import annotations

from bot import forms, model
from bot.model import Kind
from handlers import kinds, parts, replies
from handlers.parts import Code, Note, Points, Sentence

# A Slack modal's title has 24 characters, and so has its button.
TITLES = {
    Kind.ROTATE: "Rotate the password",
    Kind.NARROW: "Remove repositories",
    Kind.REVOKE: "Revoke a credential",
}
CHOOSE_TITLE = "Which credential?"
LOADING = "Looking up what this would do…"
REMOVE_LABEL, REMOVE_PLACEHOLDER = "Repositories to remove", "Choose repositories"
AT_ONCE_LABEL = "If jobs use it"
AT_ONCE = "Revoke it at once, even while jobs use it: they may fail"
REASON_LABEL = "Reason"
REASON_HINT = "Everybody who reads the request reads it, too."
CLOSE, CHOOSE = "Cancel", "This one"

_SUBMITS = {
    Kind.ROTATE: "Ask for rotation",
    Kind.NARROW: "Ask for removal",
    Kind.REVOKE: "Ask for revocation",
}
_ALONE = {Kind.ROTATE: "Rotate", Kind.NARROW: "Remove", Kind.REVOKE: "Revoke"}


def submit(plan: forms.Plan) -> str:
    """Return what the button says: asking is something else than doing."""
    return (_ALONE if plan.preview.automatic else _SUBMITS)[plan.kind]


def told(plan: forms.Plan) -> Note:
    """Return exactly what will happen, and what stops working."""
    credential = plan.credential
    known: Sentence = (Code(credential.name), " in ", Code(credential.workspace.full_name))
    warned = tuple((f"⚠️ {warning}",) for warning in plan.preview.warnings)
    match plan.kind:
        case Kind.ROTATE:
            return (("The credential ", *known, " gets a new password."), _rotation(credential), *warned)
        case Kind.NARROW:
            head: Sentence = ("The credential ", *known, " can no longer pull what you choose here.")
            return (head, ("Its password stays the same, and so does all the rest that it pulls.",), *warned)
        case _:
            return (*_revocation(credential, known), *warned)


def _rotation(credential: model.Credential) -> Points:
    ends = credential.expires
    until: tuple[Sentence, ...] = (("The one it has now is valid until ", ends, "."),) if ends else ()
    return Points(
        (
            ("Tower gets it before the old one goes, so pipelines can pull all the time.",),
            ("Its id and name stay, and pipelines need no change. Nobody sees the password.",),
            *until,
        )
    )


def _revocation(credential: model.Credential, known: Sentence) -> Note:
    names = credential.repositories[: kinds.MOST]
    more = len(credential.repositories) - len(names)
    points: list[Sentence] = [(Code(f"{credential.login_server}/{name}"),) for name in names]
    if more:
        points.append((f"and {more} more.",))
    return (
        ("The credential ", *known, " is taken out of Tower, and its token and scope map out of Azure."),
        ("What stops working: pipelines in ", Code(credential.workspace.full_name), " can no longer pull"),
        Points(tuple(points)),
        ("This cannot be taken back. The bot waits for jobs that use it, for up to a day.",),
    )


def asked(plan: forms.Plan) -> tuple[Sentence, ...]:
    """Return who will be asked, if anybody."""
    who: Sentence = replies.will_ask(plan.preview)
    if plan.preview.automatic and not plan.preview.refusal:
        who = ("Nobody is asked: the rule approves this by itself, and the record says so.",)
    alone: Sentence = (
        "🚨 You are an approver: if you revoke it at once, nobody else is asked. It is put on record.",
    )
    return (who, alone) if plan.alone else (who,)


def which(name: str, rows: tuple[forms.Row, ...]) -> Note:
    """Return that several credentials have a name."""
    return (("There are ", str(len(rows)), " credentials called ", Code(name), ". Which one do you mean?"),)


def candidate(credential: model.Credential) -> Sentence:
    """Return what tells a credential from others of its name."""
    reads = parts.listed([Code(name) for name in credential.repositories], most=2)
    where = Code(credential.workspace.full_name)
    return (Code(credential.name), " in ", where, " for ", Code(credential.login_server), ": ", *reads)


def missing(word: str) -> Note:
    """Return how a word is used that was typed without a name."""
    return (
        ("Say which credential: ", Code(f"/registry {word} NAME"), ", or ", Code("WORKSPACE/NAME"), "."),
        (Code("/registry list credentials"), " shows yours."),
    )
