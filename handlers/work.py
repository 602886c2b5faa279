"""What is said about the work on an approved request: its steps, and what came out of them.

Made from committed state only; a line begins with at most one emoji, and says the same without it.
"""

from __future__ import annotations

from bot import model
from bot.model import State, Verification
from handlers.parts import Code, Note, Points, Sentence

LONGEST_WORDS = 1000  # of somebody else's sentence inside one of ours

# What each step of the work is called before, while and after it is done; in their order, so that
# the first one that is not recorded is the one at work.
STEPS = {
    "check": ("check everything once more", "checking everything once more", "everything checked once more"),
    "scope_map": ("make the scope map", "making the scope map", "scope map made"),
    "token": ("make the token", "making the token", "token made"),
    "deliver": (
        "hand a fresh password to Tower",
        "handing a fresh password to Tower",
        "Tower has the credential",
    ),
    "verify": (
        "let Wave read the repository",
        "waiting for Wave to read the repository",
        "asked Wave to read the repository",
    ),
    "settle": ("write the result down", "writing the result down", "result written down"),
}
LEAVES = ("scope_map", "token", "deliver")  # steps that make something outside

UNVERIFIED = {
    Verification.NO_TAG: "there was no image to read",
    Verification.ANONYMOUS_PULL: "this registry lets anybody pull, so a successful read would prove nothing",
    Verification.UNREACHABLE: "Wave cannot reach this registry from where it runs",
    Verification.REFUSED: "Wave was not allowed to read the repository",
    Verification.UNAVAILABLE: "the check could not be done",
}


def paths(spec: model.Spec) -> tuple[Code, ...]:
    """Return every repository as `host/name`."""
    return tuple(Code(f"{spec.login_server}/{name}") for name in spec.repositories)


def progress(request: model.Request) -> Note:
    """Return the steps of the work: done, being done, and to come."""
    made = request.progress
    points = tuple(_point(step, request) for step in STEPS)
    undone: tuple[Sentence, ...] = tuple((f"↩️ Taken back: {_made(step)}.",) for step in made.undone)
    if not made.undoing:
        return (Points(points),)
    # What was taken back stands beside what was done: nobody has to wonder whether something is left.
    begun = tuple((f"✅ Done: {STEPS[step][2]}.",) for step in STEPS if step in made.steps)
    why: Sentence = (f"⚠️ There was a problem. {short(made.undoing)}",)
    after = "All of it is being taken back." if not request.ended else "The work has stopped."
    return (Points((*begun, why, *undone)), (after,)) if begun or undone else (why, (after,))


def _point(step: str, request: model.Request) -> Sentence:
    before, during, after = STEPS[step]
    made = request.progress
    # Done is done, whichever steps this kind of request went through.
    if step in made.steps or request.state is State.DONE:
        named = {"scope_map": made.scope_map, "token": made.token}.get(step)
        return (f"✅ Done: {after}", *((": ", Code(named)) if named else ()), ".")
    current = next(one for one in STEPS if one not in made.steps)
    if step == current and request.state is State.RUNNING:
        return (f"⏳ Now: {during}.",)
    return (f"To do: {before}.",)


def configuration(spec: model.Spec) -> str:
    """Return the lines of a Nextflow configuration with which Wave uses the credential.

    A credential of an organization's workspace is found only if the workspace is named
    (https://docs.seqera.io/nextflow/wave).
    """
    workspace = [] if spec.workspace.org is None else [f"    workspaceId = '{spec.workspace.id}'"]
    # The requester's own token: the bot's would open the whole workspace to whoever reads the file.
    lines = ["wave { enabled = true }", "tower {", "    accessToken = '<your access token>'", *workspace, "}"]
    return "\n".join(lines)


def images(spec: model.Spec) -> tuple[Code, ...]:
    """Return the image names that work from now on, up to the tag."""
    return tuple(Code(f"{path.text.replace('*', '<repository>')}:<tag>") for path in paths(spec))


def verification(request: model.Request) -> Sentence:
    """Return whether Wave read the repository with the credential, and if not, why."""
    made = request.progress
    if made.verification is Verification.VERIFIED:
        read: Sentence = ("Wave read ", Code(made.image), " with it.") if made.image else ("Wave used it.",)
        return ("Verified: ", *read)
    why = UNVERIFIED[made.verification] if made.verification else "it was not tried"
    detail = f" {short(made.detail)}" if made.detail else ""
    return (f"Not verified, because {why}.{detail}",)


def leftover(request: model.Request) -> Sentence:
    """Return what a failed request left behind: by design nothing, and if not, what."""
    made = request.progress
    # A request fails only after its steps were undone; should that ever not be so, it is said.
    left = [step for step in LEAVES if step in made.steps and step not in made.undone]
    if left:
        return (f"Not everything could be taken back: {', '.join(_made(step) for step in left)}.",)
    return ("Nothing is left behind.",)


def _made(step: str) -> str:
    return {"scope_map": "scope map", "token": "token", "deliver": "credential in Tower"}.get(step, step)


def short(words: str) -> str:
    """Return somebody else's words as a sentence that leaves room for ours."""
    words = words.strip()
    words = words if len(words) <= LONGEST_WORDS else words[:LONGEST_WORDS].rstrip() + "…"
    return words if words.endswith((".", "!", "?", "…", ":")) else f"{words}."
