"""What is said about the work on an approved request: its steps, and what came out of them.

Made from committed state only; a line begins with at most one emoji, and says the same without it.
"""

from __future__ import annotations

from bot import model
from bot.model import Kind, State, Verification
from handlers import parts
from handlers.parts import Code, Listing, Note, Points, Sentence

LONGEST_WORDS = 1000  # of somebody else's sentence inside one of ours

# What each step of the work is called before, while and after it is done.
STEPS = {
    "check": ("check everything once more", "checking everything once more", "everything checked once more"),
    "scope_map": ("make the scope map", "making the scope map", "scope map made"),
    "token": ("make the token", "making the token", "token made"),
    "clear": ("empty the other slot", "emptying the other slot", "the other slot is empty"),
    "deliver": (
        "hand a fresh password to Tower",
        "handing a fresh password to Tower",
        "Tower has the credential",
    ),
    "caches": (
        "wait until nobody uses the old password",
        "waiting until nobody uses the old password",
        "nobody uses the old password any more",
    ),
    "verify": (
        "let Wave read the repository",
        "waiting for Wave to read the repository",
        "asked Wave to read the repository",
    ),
    "old_slot": ("remove the old password", "removing the old password", "old password looked after"),
    "settle": ("write the result down", "writing the result down", "result written down"),
    "tower": ("delete it in Tower", "deleting it in Tower", "it is gone from Tower"),
    "disable": ("switch its token off", "switching its token off", "its token is switched off"),
    "delete_token": ("delete the token", "deleting the token", "token deleted"),
    "delete_scope_map": ("delete the scope map", "deleting the scope map", "scope map deleted"),
}
# Where a kind of request does something else in the step of the same name.
_OTHERWISE = {
    (Kind.EXTEND, "scope_map"): (
        "let the scope map read them too",
        "letting the scope map read them too",
        "the scope map reads them too",
    ),
    (Kind.NARROW, "scope_map"): (
        "take them out of the scope map",
        "taking them out of the scope map",
        "the scope map reads them no more",
    ),
    (Kind.ROTATE, "deliver"): (
        "hand a new password to Tower",
        "handing a new password to Tower",
        "Tower has the new password",
    ),
}
_ISSUE = ("check", "scope_map", "token", "deliver", "verify", "settle")
_CHANGED_LIST = ("check", "scope_map", "verify")
# In the order of the work, so that the first one that is not recorded is the one at work.
_ORDERS = {
    Kind.ISSUE: _ISSUE,
    Kind.EXTEND: _CHANGED_LIST,
    Kind.NARROW: _CHANGED_LIST,
    Kind.ROTATE: ("check", "clear", "deliver", "caches", "verify", "old_slot"),
    Kind.REVOKE: ("check", "tower", "disable", "delete_token", "delete_scope_map"),
    Kind.ADOPT: ("check", "scope_map", "token", "deliver", "caches", "verify", "settle"),
}
_AT_ONCE = ("check", "disable", "tower", "delete_token", "delete_scope_map")
OLD_PASSWORD = "old_slot"  # the step that removes it
SETTLED = "settle"  # the last one of what is new, which also removes the password of a try that was cut off
_UNUSED = "remove a password that nobody uses"
LEAVES = ("scope_map", "token", "deliver")  # steps that make something outside

# Wave could not read with it, or could not be asked: a rotation then keeps the old password too.
DOUBTFUL = frozenset({Verification.REFUSED, Verification.UNAVAILABLE})
UNVERIFIED = {
    Verification.NO_TAG: "there was no image to read",
    Verification.ANONYMOUS_PULL: "this registry lets anybody pull, so a successful read would prove nothing",
    Verification.UNREACHABLE: "Wave cannot reach this registry from where it runs",
    Verification.REFUSED: "Wave was not allowed to read the repository",
    Verification.UNAVAILABLE: "the check could not be done",
}


def steps(spec: model.Spec) -> tuple[str, ...]:
    """Return the names of the steps of what is asked for, in their order."""
    return _AT_ONCE if spec.kind is Kind.REVOKE and spec.at_once else _ORDERS[spec.kind]


def progress(request: model.Request) -> Note:
    """Return the steps of the work: done, being done, and to come."""
    made, order = request.progress, steps(request.spec)
    points = tuple(_point(step, request) for step in order)
    if not made.undoing:
        return (Points(points), *_hold_up(request))
    undone: tuple[Sentence, ...] = tuple((f"↩️ Taken back: {_made(step, request)}.",) for step in made.undone)
    # What was taken back stands beside what was done: nobody has to wonder whether something is left.
    begun = tuple((f"✅ Done: {_words(step, request)[2]}.",) for step in order if step in made.steps)
    why: Sentence = (f"⚠️ There was a problem. {short(made.undoing)}",)
    after = "All of it is being taken back." if not request.ended else "The work has stopped."
    return (Points((*begun, why, *undone)), (after,)) if begun or undone else (why, (after,))


def _words(step: str, request: model.Request) -> tuple[str, str, str]:
    return _OTHERWISE.get((request.spec.kind, step)) or STEPS[step]


def _point(step: str, request: model.Request) -> Sentence:
    before, during, after = _words(step, request)
    made = request.progress
    if step in made.left:
        return (f"⚠️ Not done: {_UNUSED if step == SETTLED else before}.",)
    # Done is done, whichever steps this kind of request went through.
    if step in made.steps or request.state is State.DONE:
        named = {"scope_map": made.scope_map, "token": made.token}.get(step)
        return (f"✅ Done: {after}", *((": ", Code(named)) if named else ()), ".")
    current = next(one for one in steps(request.spec) if one not in (*made.steps, *made.left))
    if step == current and request.state is State.RUNNING:
        return (f"⏳ Now: {during}.",)
    return (f"To do: {before}.",)


def _hold_up(request: model.Request) -> Note:
    """Return what the work waits for, where that may take long."""
    made = request.progress
    if request.state is not State.RUNNING:
        return ()
    if request.spec.kind is Kind.REVOKE and made.detail:
        return ((f"⏳ {short(made.detail)} Nothing is revoked before they have ended. ", _PATIENCE),)
    if request.spec.kind is Kind.ROTATE and made.verification in DOUBTFUL:
        said = "⚠️ The old password is kept meanwhile. Wave is asked again every hour, for up to a day."
        return (parts.sentences((said,), verification(request)),)
    return ()


_PATIENCE = "The bot tries again and again, for a day."


def configuration(spec: model.Spec) -> str:
    """Return the lines of a Nextflow configuration with which Wave uses the credential.

    A credential of an organization's workspace is found only if the workspace is named
    (https://docs.seqera.io/nextflow/wave).
    """
    workspace = [] if spec.workspace.org is None else [f"    workspaceId = '{spec.workspace.id}'"]
    # The requester's own token: the bot's would open the whole workspace to whoever reads the file.
    lines = ["wave { enabled = true }", "tower {", "    accessToken = '<your access token>'", *workspace, "}"]
    return "\n".join(lines)


def images(spec: model.Spec, names: tuple[str, ...] | None = None) -> tuple[Code, ...]:
    """Return the image names that work from now on, up to the tag."""
    chosen = spec.repositories if names is None else names
    return tuple(Code(f"{spec.login_server}/{name.replace('*', '<repository>')}:<tag>") for name in chosen)


def usable(request: model.Request, names: tuple[str, ...]) -> Sentence:
    """Return which images can be used as containers now; only what Wave has read is known to work.

    What Wave has read is no proof any more once another request has changed the credential.
    """
    changed = request.life is not None and request.life.by not in {None, request.id}
    verified = request.progress.verification is Verification.VERIFIED and not changed
    one = len(names) == 1
    works = ("works" if one else "work") if verified else "should work"
    said = f"this {works} as a container" if one else f"these {works} as containers"
    return (f"Then {said}: ", *parts.listed(images(request.spec, names), most=5), ".")


def setting_up(request: model.Request) -> Note:
    """Return how a pipeline uses a credential that is new."""
    names = request.life.repositories if request.life else request.spec.repositories
    return (
        ("What to do next: put this into ", Code("nextflow.config"), ", with an access token of your own."),
        Listing(configuration(request.spec)),
        usable(request, names),
    )


def verification(request: model.Request) -> Sentence:
    """Return whether Wave read the repository with the credential, and if not, why."""
    made = request.progress
    if made.verification is Verification.VERIFIED:
        read: Sentence = ("Wave read ", Code(made.image), " with it.") if made.image else ("Wave used it.",)
        return ("Verified: ", *read)
    why = UNVERIFIED[made.verification] if made.verification else "it was not tried"
    spec = request.spec
    where: Sentence = ()
    names = spec.added if spec.kind is Kind.EXTEND else spec.repositories
    if made.verification is Verification.NO_TAG and len(names) == 1:  # of several, the detail names one
        where = (" in ", Code(f"{spec.login_server}/{names[0]}"))
    detail = f" {short(made.detail)}" if made.detail else ""
    return (f"Not verified, because {why}", *where, f".{detail}")


def unused(request: model.Request) -> Sentence:
    """Return that a password stayed which nobody knows; empty if none did."""
    if SETTLED not in request.progress.left:
        return ()
    return ("A password of its token that nobody uses could not be removed from Azure.",)


def leftover(request: model.Request) -> Sentence:
    """Return what a failed request left behind: by design nothing, and if not, what."""
    made, kind = request.progress, request.spec.kind
    # A request fails only after its steps were undone; should that ever not be so, it is said.
    owed = LEAVES if kind in model.FRESH else ()
    left = [step for step in owed if step in made.steps and step not in made.undone]
    left += [step for step in made.left if step not in left]
    if left:
        verb = "taken away" if kind is Kind.REVOKE else "taken back"
        named = ", ".join(dict.fromkeys(_made(step, request) for step in left))
        return (f"Not everything could be {verb}: {named}.",)
    if kind in model.FRESH:
        return ("Nothing is left behind.",)
    return ("What it had changed was taken back." if made.undone else "Nothing was changed.",)


def _made(step: str, request: model.Request) -> str:
    named = {
        "scope_map": "scope map" if request.spec.kind in model.FRESH else "change of the scope map",
        "deliver": "new password" if request.spec.kind is Kind.ROTATE else "credential in Tower",
        "tower": "credential in Tower",
        "disable": "token",
        "delete_token": "token",
        "delete_scope_map": "scope map",
    }
    return named.get(step, step)


def short(words: str) -> str:
    """Return somebody else's words as a sentence that leaves room for ours."""
    words = words.strip()
    words = words if len(words) <= LONGEST_WORDS else words[:LONGEST_WORDS].rstrip() + "…"
    return words if words.endswith((".", "!", "?", "…", ":")) else f"{words}."
