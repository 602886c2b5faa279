"""What is said about a request: one wording for every platform, made from committed state only.

A line begins with at most one emoji, and its words say the same without it.
"""

from __future__ import annotations

from bot import model
from bot.model import CredentialState, State
from handlers import fate, kinds, parts, work
from handlers.parts import Code, Note, Paragraph, Part, Quote, Sentence

COMMAND = "/registry"

APPROVE, DENY, CANCEL = "Approve", "Deny", "Cancel request"
CANCEL_TITLE = "Cancel this request?"
CANCEL_QUESTION = "Nobody will be asked any more. You can ask again at any time."
CANCEL_YES, CANCEL_NO = "Cancel it", "Keep it"


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


def votes_so_far(request: model.Request) -> Sentence:
    """Return the votes as a sentence that follows another one."""
    given = votes(request)
    return (" ", *given) if given else ()


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
    return _STATUS[request.state](request, _subject(request, to_requester=to_requester))


def _subject(request: model.Request, *, to_requester: bool) -> Sentence:
    if request.scheduled:
        # What a rule asks for in its owner's name is nothing that they have asked for.
        return ("The scheduled rotation of the credential ", *kinds.known(request.spec))
    whose: Sentence = ("Your request",) if to_requester else ("The request of ", request.requester)
    return (*whose, *kinds.wish(request.spec))


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
    working = kinds.AT_WORK.get(request.spec.kind, "carried out")
    # These say something between commas of who decided.
    aside = request.emergency or (request.automatic and request.spec.kind in _GRANTS)
    comma = "," if aside else ""
    return ("⚙️ ", *subject, " was approved by ", *_deciders(request), f"{comma} and is being {working}.")


def _done(request: model.Request, subject: Sentence) -> Sentence:
    # What was once done is no news any more where it is gone again.
    if fate.gone(request):
        return ("🗑️ ", *parts.sentences((*subject, " was done."), fate.told(request)))
    if fate.wrong(request):
        return (f"{fate.picture(request)} ", *parts.sentences((*subject, " was done."), fate.told(request)))
    picture = "⚠️" if kinds.doubtful(request) else "✅"
    return (f"{picture} ", *parts.sentences((*subject, *kinds.done(request)), fate.told(request)))


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


def unasked(request: model.Request) -> Note:
    """Return, loudly, that nobody else was asked: by its rule, or in an emergency."""
    if request.emergency:
        alone = ", who is an approver, decided alone to revoke it at once. Nobody else was asked."
        return (("🚨 Emergency: ", request.requester, alone),)
    if not request.automatic:
        return ()
    if request.spec.kind in _GRANTS:
        return (("⚡ Nobody was asked: its rule approves a number of each person's requests by itself.",),)
    return (("⚡ Nobody was asked: the rule ", Code(request.rule), " approves such a request by itself."),)


def decisions(request: model.Request) -> Note:
    """Return who decided what and when, and in what words."""
    told: list[Paragraph] = [*unasked(request)]
    for decision in request.decisions:
        approved = decision.verdict is model.Verdict.APPROVE
        told.append(("Approved by " if approved else "Denied by ", decision.by, ", ", decision.at, "."))
        if decision.reason:
            told.append(Quote(decision.reason))
    return tuple(told)


def result(request: model.Request) -> Note:
    """Return how an ended request ended, for its requester, and what to do next."""
    return (_addressed(request), *unasked(request), *_AFTER.get(request.state, _again)(request))


def _addressed(request: model.Request) -> Sentence:
    # Only a mention notifies the requester: the thread's first message is the bot's own.
    emoji, *rest = status(request, to_requester=True)
    head = str(rest[0])
    return (emoji, request.requester, f", {head[0].lower()}{head[1:]}", *rest[1:])


def _next_steps(request: model.Request) -> Note:
    if fate.state(request) is CredentialState.REVOKED:
        return _asking(request)
    # While it is being revoked nothing can be asked for, and what is broken is nothing to use.
    return () if fate.gone(request) or fate.wrong(request) else kinds.next_steps(request)


def _again(request: model.Request) -> Note:
    said = decisions(request) if request.state is State.DENIED else ()
    return (*said, *_asking(request))


def _asking(request: model.Request) -> Note:
    return (("You can ask again with ", kinds.command(request.spec), "."),)


def _mend(request: model.Request) -> Note:
    if (request.error or "").endswith(_REVOKED):
        # The same could be asked for for ever: there is nothing left to change.
        return (("If it is needed again, ask for a new credential with ", Code(COMMAND), "."),)
    if not request.remedy:
        helper = ("If it fails again, ask an operator of the bot to look into it.",)
        return (*_asking(request), helper)
    # What keeps a revocation from being done is often nothing that an operator can change.
    who = "What to do" if request.spec.kind is model.Kind.REVOKE else "What an operator should change"
    return (
        (f"{who}: {work.short(request.remedy)}",),
        ("After that, ask again with ", kinds.command(request.spec), "."),
    )


# How a change fails whose credential was revoked meanwhile (`provision.work.taken_over`).
_REVOKED = (" has been revoked.", " is being revoked.")
_AFTER = {State.DONE: _next_steps, State.FAILED: _mend}
# Of these a rule approves a number by itself; the others it approves because it says so of their kind.
_GRANTS = frozenset({model.Kind.ISSUE, model.Kind.EXTEND, model.Kind.ADOPT})


def _deciders(request: model.Request) -> Sentence:
    if request.emergency:
        return (request.requester, " alone, in an emergency")
    if request.automatic and request.spec.kind not in _GRANTS:
        return ("the rule ", Code(request.rule), " by itself")
    if request.automatic:
        return ("the rule ", Code(request.rule), ", within the quota of ", request.requester)
    # A denied request may hold approvals as well, and the other way round: only what decided counts.
    deny = request.state is State.DENIED
    wanted = model.Verdict.DENY if deny else model.Verdict.APPROVE
    who = [decision.by for decision in request.decisions if decision.verdict is wanted]
    return parts.listed(who) or ("an approver",)


def _error(request: model.Request) -> str:
    return work.short(request.error or "The reason was not recorded.")
