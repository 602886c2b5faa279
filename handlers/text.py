"""What is said about a request: one wording for every platform, made from committed state only.

A line begins with at most one emoji, and its words say the same without it.
"""

from __future__ import annotations

from bot import model
from bot.model import State
from handlers import parts, work
from handlers.parts import Code, Listing, Note, Paragraph, Part, Quote, Sentence

COMMAND = "/registry"

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

APPROVE, DENY, CANCEL = "Approve", "Deny", "Cancel request"
CANCEL_TITLE = "Cancel this request?"
CANCEL_QUESTION = "Nobody will be asked any more. You can ask again at any time."
CANCEL_YES, CANCEL_NO = "Cancel it", "Keep it"


def ask(request: model.Request) -> Sentence:
    """Return what is asked for, as one sentence."""
    return (
        request.requester,
        " asks for a credential, so that pipelines in the workspace ",
        Code(request.spec.workspace.full_name),
        " can pull ",
        *parts.listed(work.paths(request.spec)),
        ".",
    )


def facts(request: model.Request) -> tuple[tuple[str, Sentence], ...]:
    """Return what an approver decides on, as labels and values."""
    spec = request.spec
    days = f"{spec.validity_days} days" if spec.validity_days else "no end"
    return (
        ("Name in Tower", (Code(spec.name),)),
        ("Workspace", (Code(spec.workspace.full_name),)),
        ("Repository" if len(spec.repositories) == 1 else "Repositories", parts.listed(work.paths(spec))),
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
    whom: Sentence = (*parts.listed(asked), ": please decide.") if asked else ()
    return parts.sentences(whom, (f"{count}, by ", request.deadline, "."), votes(request))


def votes(request: model.Request) -> Sentence:
    """Return how many of several approvals are there, and whose."""
    given = [one.by for one in request.decisions if one.verdict is model.Verdict.APPROVE]
    if request.needed == 1 or not given:
        return ()
    return (f"{len(given)} of {request.needed} so far: ", *parts.listed(given), ".")


def deciding(request: model.Request) -> tuple[Part, ...]:
    """Return whom to ask: groups that a platform keeps, and people; the fallback too once escalated."""
    asked: tuple[Part, ...] = (*request.approver_groups, *request.approvers)
    others = _fallback(request) if request.escalated else ()
    return (*asked, *(who for who in others if who not in asked))


def _fallback(request: model.Request) -> tuple[Part, ...]:
    return (*request.fallback_groups, *request.fallback)


def reminder(request: model.Request) -> Sentence:
    """Return what reminds those who were asked; once decided, how it ended."""
    if request.state is not State.PENDING:
        return status(request)
    return ("⏰ This is still waiting. ", *waiting(request))


def escalation(request: model.Request) -> Sentence:
    """Return why more people are asked than before; once decided, why they were."""
    others = parts.listed(_fallback(request)) or ("others",)
    if request.state is State.PENDING:
        return ("⏫ This was not decided in time. Now ", *others, " may decide too.")
    return ("⏫ This was not decided in time, so ", *others, " could decide too.")


def stands(request: model.Request) -> Sentence:
    """Return where a request stands, for the middle of a paragraph: an emoji only begins one."""
    return status(request)[1:]


def status(request: model.Request, *, to_requester: bool = False) -> Sentence:
    """Return where a request stands, in a sentence or two that make sense without anything else."""
    whose: Sentence = ("Your request",) if to_requester else ("The request of ", request.requester)
    spec = request.spec
    subject = (*whose, " for ", *parts.listed(work.paths(spec)), " in ", Code(spec.workspace.full_name))
    return _STATUS[request.state](request, subject)


def _pending(request: model.Request, subject: Sentence) -> Sentence:
    asked = parts.listed(deciding(request)) or ("an approver",)
    several = "" if request.needed == 1 else f" ({request.needed} approvals are needed)"
    waits = (*subject, " waits for ", *asked, f"{several}, until ", request.deadline, ".")
    return ("⏳ ", *parts.sentences(waits, votes(request)))


def _approved(request: model.Request, subject: Sentence) -> Sentence:
    return ("👍 ", *subject, " was approved by ", *_deciders(request), ". The work starts now.")


def _running(request: model.Request, subject: Sentence) -> Sentence:
    # Undoing is still running to the machine; to people it is the opposite.
    if request.progress.undoing:
        return ("↩️ ", *subject, " ran into a problem. What was made for it is being taken back.")
    # Which step it is at stands in the progress, which is the one message that follows each of them.
    return ("⚙️ ", *subject, " was approved by ", *_deciders(request), " and is being set up.")


def _done(request: model.Request, subject: Sentence) -> Sentence:
    delivered = (*subject, " is done: the credential ", Code(request.spec.name), " is in Tower.")
    return ("✅ ", *parts.sentences(delivered, work.verification(request)))


def _denied(request: model.Request, subject: Sentence) -> Sentence:
    return ("⛔ ", *subject, " was denied by ", *_deciders(request), ". Nothing was changed.")


def _cancelled(_: model.Request, subject: Sentence) -> Sentence:
    return ("🚫 ", *subject, " was cancelled by the requester. Nothing was changed.")


def _expired(request: model.Request, subject: Sentence) -> Sentence:
    return ("⌛ ", *subject, " expired: it was not decided by ", request.deadline, ". Nothing was changed.")


def _failed(request: model.Request, subject: Sentence) -> Sentence:
    return ("❌ ", *parts.sentences((*subject, " failed.", f" {_error(request)}"), work.leftover(request)))


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
    if request.automatic:
        told.append(("⚡ Nobody was asked: its rule approves a number of each person's requests by itself.",))
    for decision in request.decisions:
        approved = decision.verdict is model.Verdict.APPROVE
        told.append(("Approved by " if approved else "Denied by ", decision.by, ", ", decision.at, "."))
        if decision.reason:
            told.append(Quote(decision.reason))
    return tuple(told)


def result(request: model.Request) -> Note:
    """Return how an ended request ended, for its requester, and what to do next."""
    return (_addressed(request), *_AFTER.get(request.state, _again)(request))


def _addressed(request: model.Request) -> Sentence:
    # Only a mention notifies the requester: the thread's first message is the bot's own.
    emoji, *rest = status(request, to_requester=True)
    head = str(rest[0])
    return (emoji, request.requester, f", {head[0].lower()}{head[1:]}", *rest[1:])


def _next_steps(request: model.Request) -> Note:
    # Only what Wave has read is known to work.
    verified = request.progress.verification is model.Verification.VERIFIED
    works = "works" if verified else "should work"
    return (
        ("What to do next: put this into ", Code("nextflow.config"), ", with an access token of your own."),
        Listing(work.configuration(request.spec)),
        (f"Then this {works} as a container: ", *parts.listed(work.images(request.spec)), "."),
    )


def _again(request: model.Request) -> Note:
    said = decisions(request) if request.state is State.DENIED else ()
    return (*said, ("You can ask again with ", Code(COMMAND), "."))


def _mend(request: model.Request) -> Note:
    if not request.remedy:
        return (
            ("You can ask again with ", Code(COMMAND), "."),
            ("If it fails again, ask an operator of the bot to look into it.",),
        )
    return (
        (f"What an operator should change: {work.short(request.remedy)}",),
        ("After that, ask again with ", Code(COMMAND), "."),
    )


_AFTER = {State.DONE: _next_steps, State.FAILED: _mend}


def _deciders(request: model.Request) -> Sentence:
    if request.automatic:
        return ("the rule ", Code(request.rule), ", within the quota of ", request.requester)
    # A denied request may hold approvals as well, and the other way round: only what decided counts.
    deny = request.state is State.DENIED
    wanted = model.Verdict.DENY if deny else model.Verdict.APPROVE
    who = [decision.by for decision in request.decisions if decision.verdict is wanted]
    return parts.listed(who) or ("an approver",)


def _error(request: model.Request) -> str:
    return work.short(request.error or "The reason was not recorded.")
