"""Frozen types and ids: what a request, a credential and their parts are.

Records are pydantic models because they are read back from Redis, and what is read back is
checked. A record never holds a secret; a minted password is not a model type at all.
"""

from bot.model.base import PASSWORD1, PASSWORD2, Record, RequestId, Slot, canonical, new_id, short_id
from bot.model.people import (
    Copy,
    Place,
    Platform,
    Posting,
    Principal,
    Role,
    Standing,
    Usergroup,
    platform_of,
)
from bot.model.request import (
    ENDED,
    FRESH,
    SCHEDULED,
    Decision,
    Kind,
    Life,
    Progress,
    Request,
    Spec,
    State,
    Verdict,
    Verification,
)
from bot.model.things import Credential, CredentialState, Registry, Workspace, host_claim, name_claim

__all__ = [
    "ENDED",
    "FRESH",
    "PASSWORD1",
    "PASSWORD2",
    "SCHEDULED",
    "Copy",
    "Credential",
    "CredentialState",
    "Decision",
    "Kind",
    "Life",
    "Place",
    "Platform",
    "Posting",
    "Principal",
    "Progress",
    "Record",
    "Registry",
    "Request",
    "RequestId",
    "Role",
    "Slot",
    "Spec",
    "Standing",
    "State",
    "Usergroup",
    "Verdict",
    "Verification",
    "Workspace",
    "canonical",
    "host_claim",
    "name_claim",
    "new_id",
    "platform_of",
    "short_id",
]
