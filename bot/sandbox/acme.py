"""Acme Genomics: the people, channels, workspaces and registries that every sandbox shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox import arm_state, tower_state
from bot.sandbox.slack import entities

TEAM = entities.Team("T0SANDBOX", "Acme Genomics")
STRANGERS = "T0OTHER"

ANA, BEN, CLEO, DAN, GUS, STRANGER = "U0ANA", "U0BEN", "U0CLEO", "U0DAN", "U0GUS", "U0STRANGER"
APPROVERS = (BEN, CLEO)
NAMES = {ANA: "Ana", BEN: "Ben", CLEO: "Cleo", DAN: "Dan", GUS: "Gus", STRANGER: "Stranger"}
BOT = "U0BOT"

GENOMICS, APPROVALS, OPERATORS = "C0GENOMICS", "C0APPROVALS", "C0OPS"

SUBSCRIPTION = "00000000-0000-0000-0000-00000000acce"
RESOURCE_GROUP = "rg-registries"

ORG = "acme"
RESEARCH, PRODUCTION, TEACHING = 101, 102, 103
WORKSPACES = {RESEARCH: "research", PRODUCTION: "production", TEACHING: "teaching"}

# What the journeys ask for.
REGISTRY, REPOSITORY, TAG = "acmegenomics", "genomics/aligner", "2.7.11"
# A credential that somebody made by hand: the bot must not add a second one for this host.
BY_HAND_WORKSPACE, BY_HAND_REGISTRY, BY_HAND_NAME = PRODUCTION, "acmeproteomics", "proteomics-by-hand"

_LONG = (
    "genomics/single-cell/ambient-rna-removal-and-doublet-detection-with-a-name-that-does-not-fit-anywhere"
)
_GENOMICS: Mapping[str, tuple[str, ...]] = {
    "genomics/aligner": ("2.7.9", "2.7.10", "2.7.11"),
    "genomics/annotator": ("110.1", "111.0"),
    "genomics/assembler": ("3.15.5",),
    "genomics/basecaller": ("0.5.3", "0.6.0-gpu"),
    "genomics/coverage": ("0.3.8",),
    "genomics/dedup": ("3.1.1",),
    "genomics/fastq-qc": ("0.12.1",),
    "genomics/joint-caller": ("4.5.0.0",),
    "genomics/new-project": (),  # made, and nothing pushed yet
    "genomics/phasing": ("5.1.0",),
    "genomics/quantifier": ("1.10.2", "1.10.3"),
    "genomics/read-trimmer": ("4.9",),
    "genomics/structural-variants": ("1.6.0",),
    "genomics/variant-caller": ("1.6.0", "1.6.1"),
    "genomics/variant-filter": ("1.20",),
    _LONG: ("0.9.0-rc.1",),
    "shared/multi_qc": ("1.25",),
    "shared/nextflow-base": ("24.10.1",),
    "shared/r.notebook": ("4.4.1",),
}
_PROTEOMICS: Mapping[str, tuple[str, ...]] = {
    "proteomics/dia-search": ("1.9.2",),
    "proteomics/fdr": ("3.06.1",),
    "proteomics/mass-calibration": ("2.1",),
    "proteomics/peptide-search": ("4.0.0", "4.1.0"),
    "proteomics/quant": ("2.4.3",),
    "proteomics/raw-converter": ("1.4.5",),
    "proteomics/spectral-library": ("0.7.0",),
    "structure/fold": ("2.3.2-cuda12",),
    "structure/relax": ("2.3.2",),
}
_LEGACY: Mapping[str, tuple[str, ...]] = {
    "pipeline/aligner": ("0.7.17",),
    "pipeline/caller": ("3.8",),
    "pipeline/report": ("2019.1",),
}
_PUBLIC: Mapping[str, tuple[str, ...]] = {
    "tutorial/hello": ("1.0", "latest"),
    "tutorial/rnaseq": ("3.14.0",),
    "tutorial/variant-calling": ("1.2",),
}


# A policy file by which two people have to agree.
BY_TWO = f"""
[defaults]
approval_channel = "{APPROVALS}"

[[people]]
name = "Ben"
slack = "{BEN}"

[[people]]
name = "Cleo"
slack = "{CLEO}"

[groups.platform]
people = ["Ben", "Cleo"]

[[rules]]
name = "everything, by two"
workspace = "{ORG}/*"
approvers = "platform"
quorum = 2
tell_channel = "{OPERATORS}"
"""


def registries() -> list[arm_state.Registry]:
    """Return fresh registries: a usual one, an ABAC one, a full one, one with anonymous pull."""
    legacy = arm_state.Registry("acmelegacy", sku="Basic", repositories=_copied(_LEGACY))
    return [
        arm_state.Registry(REGISTRY, sku="Standard", repositories=_copied(_GENOMICS)),
        arm_state.Registry("acmeproteomics", sku="Premium", abac=True, repositories=_copied(_PROTEOMICS)),
        legacy,
        arm_state.Registry("acmepublic", anonymous_pull=True, repositories=_copied(_PUBLIC)),
    ]


def fill(azure: arm_state.AzureState) -> None:
    """Give the legacy registry every token that its tier has room for."""
    legacy = azure.registries["acmelegacy"]
    for number in range(arm_state.LIMITS[legacy.sku]):
        name = f"cluster-node-{number:03d}"
        legacy.tokens[name] = arm_state.Token(name, azure.now(), 0.0, scope_map="_repositories_pull")


def people() -> list[entities.User]:
    """Return everybody who acts: a requester, two approvers, a colleague, a guest, a stranger."""
    return [
        entities.User(ANA, NAMES[ANA], "ana@acme.example"),
        entities.User(BEN, NAMES[BEN], "ben@acme.example"),
        entities.User(CLEO, NAMES[CLEO], "cleo@acme.example"),
        entities.User(DAN, NAMES[DAN], "dan@acme.example"),
        entities.User(GUS, NAMES[GUS], "gus@partner.example", guest=True),
        entities.User(STRANGER, NAMES[STRANGER], team_id=STRANGERS),
    ]


def channels() -> list[entities.Channel]:
    """Return the team's channel, the approvers' and the operators'."""
    return [
        entities.Channel(GENOMICS, "genomics", frozenset({ANA, BEN, DAN, GUS, STRANGER, BOT})),
        entities.Channel(
            APPROVALS, "registry-approvals", frozenset({ANA, BEN, CLEO, DAN, BOT}), private=True
        ),
        entities.Channel(OPERATORS, "registry-ops", frozenset({CLEO, BOT})),
    ]


def app(manifest: Mapping[str, Any], *, bot_token: str, signing_secret: str, app_token: str) -> entities.App:
    """Return the app as Slack installs it from its manifest: no scope or command beyond those."""
    features, settings = manifest["features"], manifest.get("settings", {})
    home = features.get("app_home", {})
    return entities.App(
        bot_token=bot_token,
        signing_secret=signing_secret,
        app_token=app_token,
        scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
        commands=frozenset(each["command"] for each in features.get("slash_commands", ())),
        shortcuts={each["callback_id"]: each["name"] for each in features.get("shortcuts", ())},
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        home_tab=bool(home.get("home_tab_enabled")),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        user_id=BOT,
        name=manifest["display_information"]["name"],
    )


def workspaces() -> list[tower_state.Workspace]:
    """Return Tower's workspaces."""
    return [tower_state.Workspace(id_, name, 1, ORG) for id_, name in WORKSPACES.items()]


def accounts(*, token: str, verify_token: str, person_token: str) -> list[tower_state.User]:
    """Return the bot's two Tower accounts, of which one may only launch, and Ana's own."""
    return [
        tower_state.User(
            7, "registry-bot", token, {RESEARCH: "owner", PRODUCTION: "admin", TEACHING: "launch"}
        ),
        tower_state.User(8, "registry-bot-verify", verify_token, dict.fromkeys(WORKSPACES, "launch")),
        tower_state.User(9, "ana", person_token, dict.fromkeys(WORKSPACES, "launch")),
    ]


def _copied(repositories: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(tags) for name, tags in repositories.items()}
