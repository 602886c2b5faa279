"""What the core needs from outside, as Protocols; the contract of each is in its prose.

Every method that leaves the process raises `bot.errors.ServiceError` (or `NotAccepted`, for the
store) and nothing else; what a vendor's library raises stays inside its client.
"""

from bot.ports.azure import Catalog, Found, Minted, Password, Registries, Repository, Room, ScopeMap, Token
from bot.ports.chat import Notifier, Visitors
from bot.ports.clock import Clock
from bot.ports.log import PAGE, AuditLog, Evidence, Feed, Line, Logged, Mark, Tail
from bot.ports.people import Directory
from bot.ports.probes import (
    AzureProbe,
    Channel,
    ChatApp,
    ChatProbe,
    Finding,
    Grant,
    Level,
    Marks,
    Seat,
    StoreProbe,
    StoreTime,
    TeamsProbe,
    TowerProbe,
    TowerSite,
    WaveProbe,
)
from bot.ports.store import Change, Claimed, Claims, Index, Outcome, Page, Snapshot, Store, Written
from bot.ports.teams import Connector, Member
from bot.ports.tower import Inspection, NameCheck, Sight, Tower, TowerCredential, Wave

__all__ = [
    "PAGE",
    "AuditLog",
    "AzureProbe",
    "Catalog",
    "Change",
    "Channel",
    "ChatApp",
    "ChatProbe",
    "Claimed",
    "Claims",
    "Clock",
    "Connector",
    "Directory",
    "Evidence",
    "Feed",
    "Finding",
    "Found",
    "Grant",
    "Index",
    "Inspection",
    "Level",
    "Line",
    "Logged",
    "Mark",
    "Marks",
    "Member",
    "Minted",
    "NameCheck",
    "Notifier",
    "Outcome",
    "Page",
    "Password",
    "Registries",
    "Repository",
    "Room",
    "ScopeMap",
    "Seat",
    "Sight",
    "Snapshot",
    "Store",
    "StoreProbe",
    "StoreTime",
    "Tail",
    "TeamsProbe",
    "Token",
    "Tower",
    "TowerCredential",
    "TowerProbe",
    "TowerSite",
    "Visitors",
    "Wave",
    "WaveProbe",
    "Written",
]
