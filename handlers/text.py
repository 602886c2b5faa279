"""What is said about a request: one wording for every platform, made from committed state only.

A line begins with at most one emoji, and its words say the same without it.
"""

from __future__ import annotations

from bot import model
from bot.model import State, Verification
from handlers import parts
from handlers.parts import Code, Listing, Note, Paragraph, Points, Quote, Sentence

COMMAND = "/registry"
LONGEST_WORDS = 1000  # of somebody else's sentence inside one of ours

TITLES = {
    State.PENDING: "Registry credential: waiting for approval",
    State.APPROVED: "Registry credential: approved",
    State.RUNNING: "Registry credential: being set up",
    State.DONE: "Registry credential: done",
    State.DENIED: "Registry credential: denied",
    State.CANCELLED: "Registry credential: cancelled",
    State.EXPIRED: "Registry credential: expired",
    State.FAILED: "Registry credential: failed",
}

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
    Verification.NO_TAG: "the repository has no tag yet, so there is nothing to read",
    Verification.ANONYMOUS_PULL: "this registry lets anybody pull, so a successful read would prove nothing",
    Verification.UNREACHABLE: "Wave cannot reach this registry from where it runs",
    Verification.REFUSED: "Wave was not allowed to read the repository",
    Verification.UNAVAILABLE: "Wave did not answer",
}

APPROVE, DENY, CANCEL = "Approve", "Deny", "Cancel request"
CANCEL_TITLE = "Cancel this request?"
CANCEL_QUESTION = "Nobody will be asked any more. You can ask again at any time."
CANCEL_YES, CANCEL_NO = "Cancel it", "Keep it"


def paths(spec: model.Spec) -> tuple[Code, ...]:
    """Return every repository as `host/name`."""
    return tuple(Code(f"{spec.login_server}/{name}") for name in spec.repositories)


def ask(request: model.Request) -> Sentence:
    """Return what is asked for, as one sentence."""
    return (
        request.requester,
        " asks for a credential, so that pipelines in the workspace ",
        Code(request.spec.workspace.full_name),
        " can pull ",
        *parts.listed(paths(request.spec)),
        ".",
    )


def facts(request: model.Request) -> tuple[tuple[str, Sentence], ...]:
    """Return what an approver decides on, as labels and values."""
    spec = request.spec
    days = f"{spec.validity_days} days" if spec.validity_days else "no end"
    return (
        ("Name in Tower", (Code(spec.name),)),
        ("Workspace", (Code(spec.workspace.full_name),)),
        ("Repository" if len(spec.repositories) == 1 else "Repositories", parts.listed(paths(spec))),
        # It is all that the bot ever grants, but who approves should not have to know that.
        ("Access", ("read only",)),
        ("Password valid", (days,)),
        ("Requested by", (request.requester,)),
    )


def waiting(request: model.Request) -> Sentence:
    """Return who is asked to decide, until when, and what is still missing."""
    given = [decision.by for decision in request.decisions]
    asked = [who for who in deciding(request) if who not in given]
    count = "One approval is needed" if request.needed == 1 else f"{request.needed} approvals are needed"
    so_far: Sentence = ()
    if given:
        so_far = (f"{len(given)} of {request.needed} so far, by ", *parts.listed(given), ".")
    whom: Sentence = (*parts.listed(asked), ": please decide.") if asked else ()
    return parts.sentences(whom, (f"{count}, by ", request.deadline, "."), so_far)


def deciding(request: model.Request) -> tuple[model.Principal, ...]:
    """Return who has been asked so far: once it was escalated, the fallback approvers too."""
    others = request.fallback if request.escalated else ()
    return (*request.approvers, *(who for who in others if who not in request.approvers))


def reminder(request: model.Request) -> Sentence:
    """Return what reminds those who were asked; once decided, how it ended."""
    if request.state is not State.PENDING:
        return status(request)
    return ("⏰ This is still waiting. ", *waiting(request))


def escalation(request: model.Request) -> Sentence:
    """Return why more people are asked than before."""
    return (
        "⏫ Nobody has decided on this in time: ",
        *parts.listed(request.fallback),
        " may decide too now.",
    )


def status(request: model.Request, *, to_requester: bool = False) -> Sentence:
    """Return where a request stands, in a sentence or two that make sense without anything else."""
    whose: Sentence = ("Your request",) if to_requester else ("The request of ", request.requester)
    spec = request.spec
    subject = (*whose, " for ", *parts.listed(paths(spec)), " in ", Code(spec.workspace.full_name))
    return _STATUS[request.state](request, subject)


def _pending(request: model.Request, subject: Sentence) -> Sentence:
    asked = parts.listed(deciding(request)) or ("an approver",)
    have = sum(decision.verdict is model.Verdict.APPROVE for decision in request.decisions)
    votes = f" {have} of {request.needed} approvals are given." if request.needed > 1 else ""
    return ("⏳ ", *subject, " waits for ", *asked, ", until ", request.deadline, f".{votes}")


def _approved(request: model.Request, subject: Sentence) -> Sentence:
    return ("👍 ", *subject, " was approved by ", *_deciders(request), ". The work starts now.")


def _running(request: model.Request, subject: Sentence) -> Sentence:
    # Undoing is still running to the machine; to people it is the opposite.
    if request.progress.undoing:
        return ("↩️ ", *subject, " ran into a problem. What was made for it is being taken back.")
    now = next((words[1] for step, words in STEPS.items() if step not in request.progress.steps), "finishing")
    return ("⚙️ ", *subject, " was approved by ", *_deciders(request), f" and is being set up: {now}.")


def _done(request: model.Request, subject: Sentence) -> Sentence:
    delivered = (*subject, " is done: the credential ", Code(request.spec.name), " is in Tower.")
    return ("✅ ", *parts.sentences(delivered, verification(request)))


def _denied(request: model.Request, subject: Sentence) -> Sentence:
    return ("⛔ ", *subject, " was denied by ", *_deciders(request), ". Nothing was changed.")


def _cancelled(_: model.Request, subject: Sentence) -> Sentence:
    return ("🚫 ", *subject, " was cancelled by the requester. Nothing was changed.")


def _expired(request: model.Request, subject: Sentence) -> Sentence:
    return ("⌛ ", *subject, " expired: it was not decided by ", request.deadline, ". Nothing was changed.")


def _failed(request: model.Request, subject: Sentence) -> Sentence:
    return ("❌ ", *parts.sentences((*subject, " failed.", f" {_error(request)}"), leftover(request)))


_STATUS = {
    State.PENDING: _pending,
    State.APPROVED: _approved,
    State.RUNNING: _running,
    State.DONE: _done,
    State.DENIED: _denied,
    State.CANCELLED: _cancelled,
    State.EXPIRED: _expired,
    State.FAILED: _failed,
}


def decisions(request: model.Request) -> Note:
    """Return who decided what and when, and in what words."""
    told: list[Paragraph] = []
    for decision in request.decisions:
        approved = decision.verdict is model.Verdict.APPROVE
        told.append(("Approved by " if approved else "Denied by ", decision.by, ", ", decision.at, "."))
        if decision.reason:
            told.append(Quote(decision.reason))
    return tuple(told)


def progress(request: model.Request) -> Note:
    """Return the steps of the work: done, being done, and to come."""
    made = request.progress
    points = tuple(_point(step, request) for step in STEPS)
    undone: tuple[Sentence, ...] = tuple((f"↩️ Taken back: {_made(step)}.",) for step in made.undone)
    if not made.undoing:
        return (Points(points),)
    # What was taken back stands beside what was done: nobody has to wonder whether something is left.
    begun = tuple((f"✅ Done: {STEPS[step][2]}.",) for step in STEPS if step in made.steps)
    why: Sentence = (f"⚠️ There was a problem. {_short(made.undoing)}",)
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


def result(request: model.Request) -> Note:
    """Return how an ended request ended, for its requester, and what to do next."""
    return (_addressed(request), *_AFTER.get(request.state, _again)(request))


def _addressed(request: model.Request) -> Sentence:
    # Only a mention notifies the requester: the thread's first message is the bot's own.
    emoji, *rest = status(request, to_requester=True)
    head = str(rest[0])
    return (emoji, request.requester, f", {head[0].lower()}{head[1:]}", *rest[1:])


def _next_steps(request: model.Request) -> Note:
    return (
        ("What to do next: put this into ", Code("nextflow.config"), ", with an access token of your own."),
        Listing(configuration(request.spec)),
        ("Then this works as a container: ", *parts.listed(images(request.spec)), "."),
    )


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


def _again(request: model.Request) -> Note:
    said = decisions(request) if request.state is State.DENIED else ()
    return (*said, ("You can ask again with ", Code(COMMAND), "."))


def _mend(request: model.Request) -> Note:
    if not request.remedy:
        return (("Ask an operator of the bot to look into it, then ask again with ", Code(COMMAND), "."),)
    return (
        (f"What an operator should change: {_short(request.remedy)}",),
        ("After that, ask again with ", Code(COMMAND), "."),
    )


_AFTER = {State.DONE: _next_steps, State.FAILED: _mend}


def verification(request: model.Request) -> Sentence:
    """Return whether Wave read the repository with the credential, and if not, why."""
    made = request.progress
    if made.verification is Verification.VERIFIED:
        read: Sentence = ("Wave read ", Code(made.image), " with it.") if made.image else ("Wave used it.",)
        return ("Verified: ", *read)
    why = UNVERIFIED[made.verification] if made.verification else "it was not tried"
    detail = f" {_short(made.detail)}" if made.detail else ""
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


def _deciders(request: model.Request) -> Sentence:
    if request.automatic:
        return ("the rule ", Code(request.rule), ", within the quota of ", request.requester)
    # A denied request may hold approvals as well, and the other way round: only what decided counts.
    deny = request.state is State.DENIED
    wanted = model.Verdict.DENY if deny else model.Verdict.APPROVE
    who = [decision.by for decision in request.decisions if decision.verdict is wanted]
    return parts.listed(who) or ("an approver",)


def _error(request: model.Request) -> str:
    return _short(request.error or "The reason was not recorded.")


def _short(words: str) -> str:
    words = words.strip()
    words = words if len(words) <= LONGEST_WORDS else words[:LONGEST_WORDS].rstrip() + "…"
    return words if words.endswith((".", "!", "?", "…", ":")) else f"{words}."
