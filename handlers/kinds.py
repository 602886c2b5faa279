"""What each kind of request is called, what it asks for, and what it has come to once it is done."""

from __future__ import annotations

from bot import model
from bot.model import Kind, State
from handlers import fate, parts, work
from handlers.parts import Code, Note, Points, Sentence

FEW = 5  # repositories in a sentence; all of them stand below it
MOST = 60  # of those that nobody decides on one by one
TOGETHER = 50  # points in one list: chat platforms limit what a block holds, and not what a message does

ROTATE, NARROW, REVOKE = "Rotate password", "Remove repositories", "Revoke"
LABELS = {Kind.ROTATE: ROTATE, Kind.NARROW: NARROW, Kind.REVOKE: REVOKE}  # of buttons

_HEADS = {
    Kind.ISSUE: "Registry credential",
    Kind.EXTEND: "More repositories for a credential",
    Kind.NARROW: "Fewer repositories for a credential",
    Kind.ROTATE: "New password for a credential",
    Kind.REVOKE: "Revocation of a credential",
    Kind.ADOPT: "Taking over a credential made by hand",
}
_STATES = {
    State.PENDING: "waiting for approval",
    State.APPROVED: "approved",
    State.RUNNING: "being set up",
    State.DONE: "done",
    State.DENIED: "denied",
    State.CANCELLED: "cancelled",
    State.EXPIRED: "expired",
    State.FAILED: "failed",
}
AT_WORK = {Kind.ISSUE: "set up"}  # every other one is carried out


def title(request: model.Request) -> str:
    """Return a headline: what is asked for, and how that stands."""
    spec, state = request.spec, request.state
    head = "Emergency revocation of a credential" if request.emergency else _HEADS[spec.kind]
    if state is State.RUNNING:
        return f"{head}: being {AT_WORK.get(spec.kind, 'carried out')}"
    return f"{head}: {fate.word(request) or _STATES[state]}"


def word(state: State) -> str:
    """Return a state in a word or two, for a line of a list."""
    return "at work" if state is State.RUNNING else _STATES[state]


def known(spec: model.Spec) -> Sentence:
    """Return a credential's name and where it is, to follow "the credential"."""
    return (Code(spec.name), " in ", Code(spec.workspace.full_name))


def wish(spec: model.Spec) -> Sentence:
    """Return what is asked for, to follow "the request of somebody"."""
    it = known(spec)
    match spec.kind:
        case Kind.EXTEND:
            return (" to let the credential ", *it, " pull ", *_few(spec, spec.added), " as well")
        case Kind.NARROW:
            return (" to take ", *_few(spec, spec.removed), " from the credential ", *it)
        case Kind.ROTATE:
            return (" for a new password of the credential ", *it)
        case Kind.REVOKE:
            return (" to revoke the credential ", *it, " at once" if spec.at_once else "")
        case Kind.ADOPT:
            return (" to let this bot take over the credential ", *it)
        case _:
            return (" for ", *_few(spec, spec.repositories), " in ", Code(spec.workspace.full_name))


# What stands before the credential, between it and the repositories, and after those.
_ASKS = {
    Kind.EXTEND: (" asks that ", " can pull ", " as well. Its password stays the same."),
    Kind.NARROW: (" asks that ", " can no longer pull ", ". Its password stays the same."),
    Kind.ROTATE: (
        " asks for a new password for ",
        ", which pulls ",
        ". Tower gets it before the old one goes, so pipelines can pull all the time.",
    ),
    Kind.REVOKE: (" asks to revoke ", ". Pipelines there can then no longer pull ", "."),
    Kind.ADOPT: (
        " asks that this bot takes over ",
        ", with a token that can pull ",
        ". Its id and name in Tower stay, and what somebody typed there is replaced.",
    ),
}


def ask(request: model.Request) -> Sentence:
    """Return what is asked for and what it means, as one sentence or two."""
    spec, who = request.spec, request.requester
    pulled, where = _few(spec, named(spec)), Code(spec.workspace.full_name)
    if spec.kind is Kind.ISSUE:
        pipelines = " asks for a credential, so that pipelines in the workspace "
        return (who, pipelines, where, " can pull ", *pulled, ".")
    before, between, after = _ASKS[spec.kind]
    when = " at once, even while jobs use it" if spec.at_once else ""
    return (
        who,
        f"{before}the credential ",
        Code(spec.name),
        " in ",
        where,
        f"{when}{between}",
        *pulled,
        after,
    )


def named(spec: model.Spec) -> tuple[str, ...]:
    """Return the repositories that a request is about: those that join or leave, or all of them."""
    return {Kind.EXTEND: spec.added, Kind.NARROW: spec.removed}.get(spec.kind, spec.repositories)


def everything(request: model.Request, *, most: int = MOST) -> Note:
    """Return all the repositories that a sentence did not name.

    Those that a request grants or takes are all there, however many: an approver decides on each.
    """
    spec = request.spec
    names = named(spec)
    if len(names) <= FEW:
        return ()
    return points(names, most=most if spec.kind in {Kind.ROTATE, Kind.REVOKE} else len(names))


def points(names: tuple[str, ...], *, most: int) -> Note:
    """Return repositories as points below a line with their number; beyond `most` only how many more."""
    told: list[Sentence] = [(Code(name),) for name in names[:most]]
    if len(names) > most:
        told.append((f"and {len(names) - most} more.",))
    head = f"All {len(names)} of them:" if len(names) <= most else f"{most} of the {len(names)}:"
    lists = [Points(tuple(told[at : at + TOGETHER])) for at in range(0, len(told), TOGETHER)]
    return ((head,), *lists)


def facts(request: model.Request) -> tuple[tuple[str, Sentence], ...]:
    """Return what an approver decides on, as labels and values."""
    spec = request.spec
    known = (("Name in Tower", (Code(spec.name),)), ("Workspace", (Code(spec.workspace.full_name),)))
    return (*known, *_differing(spec), ("Requested by", (request.requester,)))


def _differing(spec: model.Spec) -> tuple[tuple[str, Sentence], ...]:
    days = f"{spec.validity_days} days" if spec.validity_days else "no end"
    pulled = ("Repository" if len(spec.repositories) == 1 else "Repositories", _few(spec, spec.repositories))
    # It is all that the bot ever grants, but who approves should not have to know that.
    access: tuple[str, Sentence] = ("Access", ("read only",))
    match spec.kind:
        case Kind.EXTEND:
            added, before = _few(spec, spec.added), _few(spec, spec.before)
            return ("Repositories to add", added), ("Reads already", before), access
        case Kind.NARROW:
            return ("Repositories to take away", _few(spec, spec.removed)), ("Still reads", pulled[1])
        case Kind.ROTATE:
            return pulled, ("New password valid", (days,))
        case Kind.REVOKE:
            when = "at once, even while jobs use it" if spec.at_once else "once no job uses it"
            return ("Can no longer pull", pulled[1]), ("When", (when,))
        case Kind.ADOPT:
            return pulled, access, ("Password valid", (days,)), ("Made by", ("somebody by hand, in Tower",))
        case _:
            return pulled, access, ("Password valid", (days,))


def done(request: model.Request) -> Sentence:
    """Return what is so since a request was done, and whether Wave could confirm it."""
    spec = request.spec
    match spec.kind:
        case Kind.EXTEND:
            said: Sentence = (f" is done: the credential can pull {_them(spec.added)} now.",)
        case Kind.NARROW:
            said = (f" is done: the credential cannot pull {_them(spec.removed)} any more. {_LAST}",)
        case Kind.ROTATE:
            return _rotated(request)
        case Kind.REVOKE:
            gone = " is gone from Tower, and its token and scope map from Azure."
            return (" is done: the credential ", Code(spec.name), f"{gone} {_LAST}")
        case Kind.ADOPT:
            said = (" is done: the credential ", Code(spec.name), " in Tower uses a token of this bot now.")
        case _:
            said = (" is done: the credential ", Code(spec.name), " is in Tower.")
    return parts.sentences(said, work.unused(request), work.verification(request))


# A registry lets in for a while whoever it has let in, whatever becomes of the password meanwhile.
_LAST = "A pipeline that was let in just before may go on pulling for up to an hour."


def _them(names: tuple[str, ...]) -> str:
    return "it" if len(names) == 1 else "them"


def doubtful(request: model.Request) -> bool:
    """Tell whether a rotation is done, and the old password is still there."""
    made = request.progress
    return request.spec.kind is Kind.ROTATE and (
        made.verification in work.DOUBTFUL or work.OLD_PASSWORD in made.left
    )


def _rotated(request: model.Request) -> Sentence:
    made = request.progress
    if made.verification in work.DOUBTFUL:
        said = " is done, but the old password was kept beside the new one in Azure."
    elif work.OLD_PASSWORD in made.left:
        said = " is done: Tower has the new password. The old one could not be removed and still works."
    else:
        said = " is done: Tower has the new password, and the old one does not work any more."
    until: Sentence = ("The new one is valid until ", made.expires, ".") if made.expires else ()
    return parts.sentences((said,), until, work.verification(request))


def next_steps(request: model.Request) -> Note:
    """Return what its requester can do now that it is done."""
    spec = request.spec
    match spec.kind:
        case Kind.EXTEND:
            return (work.usable(request, spec.added),)
        case Kind.NARROW:
            return (("The credential still pulls ", *_few(spec, spec.repositories), "."),)
        case Kind.ROTATE if request.progress.verification in work.DOUBTFUL:
            return (_see_to_it(spec),)
        case Kind.ROTATE:
            return (("There is nothing to do: pipelines and their configuration stay as they are.",),)
        case Kind.REVOKE:
            return (("If it is needed again, ask for a new credential with ", Code("/registry"), "."),)
        case _:
            return work.setting_up(request)


def _see_to_it(spec: model.Spec) -> Sentence:
    ask = ("If pipelines cannot pull now, ask for another new password with ", command(spec), ".")
    return (*ask, " If that does not help, an operator of the bot has to look into it.")


def command(spec: model.Spec) -> Code:
    """Return what to type in order to ask for this again."""
    words = {Kind.ROTATE: "rotate", Kind.REVOKE: "revoke", Kind.NARROW: "remove"}
    return Code(f"/registry {words[spec.kind]} {spec.name}" if spec.kind in words else "/registry")


def offers(request: model.Request) -> tuple[Kind, ...]:
    """Return what can be done to the credential that a request made: a message has buttons for it."""
    state = fate.state(request)
    if state in {model.CredentialState.ACTIVE, model.CredentialState.DRIFTED}:
        narrow = (Kind.NARROW,) if len(fate.repositories(request)) > 1 else ()
        return (Kind.ROTATE, *narrow, Kind.REVOKE)
    return (Kind.REVOKE,) if state is model.CredentialState.ROTATING else ()


def _few(spec: model.Spec, names: tuple[str, ...]) -> Sentence:
    return parts.listed([Code(f"{spec.login_server}/{name}") for name in names], most=FEW)
