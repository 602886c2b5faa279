"""Tower's API as values: bytes in, values out, no network."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import errors, model, ports
from bot.clients import http, tower_api

PASSWORD = 'pässwörd-"quoted"-0f3b'
KEYS = tower_api.Keys("genomics", "acmegenomics.azurecr.io", "bot-token", SecretStr(PASSWORD))


def answer(document: object, status: int = 200) -> http.Answer:
    """Return an answer with a JSON body."""
    return http.Answer(status, json.dumps(document).encode())


def fixture(specs: Path, name: str) -> http.Answer:
    """Return one of the vendor's own test answers."""
    return http.Answer(200, (specs.parent / "fixtures" / f"{name}.json").read_bytes())


def test_a_creation_sends_exactly_the_documented_keys() -> None:
    """No discriminator, no baseUrl: the provider decides."""
    call = tower_api.build_create(101, KEYS)

    assert (call.method, call.path, call.query) == ("POST", "/credentials", {"workspaceId": "101"})
    assert json.loads(call.body or b"") == {
        "credentials": {
            "name": "genomics",
            "provider": "container-reg",
            "keys": {"registry": "acmegenomics.azurecr.io", "userName": "bot-token", "password": PASSWORD},
        }
    }


def test_an_update_sends_the_id_and_all_keys() -> None:
    """Tower does not document what an update without a password does."""
    call = tower_api.build_update(101, "2ba2oekq", KEYS)

    sent = json.loads(call.body or b"")["credentials"]
    assert (call.method, call.path) == ("PUT", "/credentials/2ba2oekq")
    assert (sent["id"], set(sent["keys"])) == ("2ba2oekq", {"registry", "userName", "password"})


def test_the_personal_workspace_is_spelled_by_leaving_it_out() -> None:
    """Workspace 0 sends no workspaceId; every other call sends it."""
    personal = [
        tower_api.build_credentials(0),
        tower_api.build_credential(0, "x"),
        tower_api.build_create(0, KEYS),
        tower_api.build_update(0, "x", KEYS),
        tower_api.build_delete(0, "x"),
    ]

    assert [call.query for call in personal] == [{}] * 5
    assert tower_api.build_name_check(0, "n").query == {"name": "n"}


def test_an_odd_id_stays_one_path_segment() -> None:
    """An id from outside cannot reach another resource."""
    call = tower_api.build_delete(101, "../orgs/1?x=y")

    assert call.path == "/credentials/..%2Forgs%2F1%3Fx%3Dy"


def test_the_vendors_user_is_read(specs: Path) -> None:
    """tower-cli's own test answer."""
    user = tower_api.parse_user(fixture(specs, "user"))

    assert (user.id, user.name, user.email) == (1264, "alex", "alex@example.com")


def test_the_vendors_workspaces_are_read(specs: Path) -> None:
    """Rows of organizations are left out; an old list has no roles."""
    places = tower_api.parse_workspaces(fixture(specs, "workspaces_list"))

    assert [place.workspace for place in places] == [
        model.Workspace(id=75887156211589, org="organization1", name="workspace1"),
        model.Workspace(id=75887156211590, org="organization2", name="workspace2"),
    ]
    assert [(place.org_id, place.roles) for place in places] == [
        (27736513644467, None),
        (37736513644467, None),
    ]


def test_the_vendors_credentials_are_read(specs: Path) -> None:
    """Other providers have neither registry nor user."""
    listed = tower_api.parse_credentials(fixture(specs, "credentials_list"))

    assert [each.told() for each in listed] == [
        ports.TowerCredential(
            "2ba2oekqeTEBzwSDgXg7xf",
            "ssh",
            "ssh",
            None,
            None,
            updated="2021-09-06T06:54:53Z",
            used=dt.datetime(2021, 9, 6, 8, 53, 51, tzinfo=dt.UTC),
        ),
        ports.TowerCredential(
            "57Ic6reczFn78H1DTaaXkp", "azure", "azure", None, None, updated="2021-09-07T13:50:21Z"
        ),
    ]


@pytest.mark.parametrize(
    ("keys", "registry", "user"),
    [
        ({"registry": "acme.azurecr.io", "userName": "u", "discriminator": None}, "acme.azurecr.io", "u"),
        ({"registry": " acme.azurecr.io ", "userName": None}, "acme.azurecr.io", None),
        ({"registry": "Acme.AzureCR.io", "userName": "u"}, "acme.azurecr.io", "u"),
        ({"registry": "", "userName": "u"}, "docker.io", "u"),
        ({"registry": None}, "docker.io", None),
        (None, "docker.io", None),
    ],
)
def test_a_registry_is_told_as_a_host(keys: object, registry: str, user: str | None) -> None:
    """An empty one means docker.io, as Wave takes it; capitals and spaces mean nothing."""
    document = {"credentials": [{"id": "a", "name": "n", "provider": "container-reg", "keys": keys}]}

    told = tower_api.parse_credentials(answer(document))[0].told()

    assert (told.registry, told.user) == (registry, user)


def test_a_deleted_credential_is_not_listed() -> None:
    """Tower marks some rather than leaving them out."""
    document = {"credentials": [{"id": "a", "deleted": True}, {"id": "b", "deleted": False}]}

    assert [each.id for each in tower_api.parse_credentials(answer(document))] == ["b"]


def test_the_owner_of_an_organization_owns_its_workspaces() -> None:
    """The organization's row says so, whatever the workspace's row says."""
    rows = [
        {"orgId": 1, "orgName": "acme", "workspaceId": None, "roles": ["owner"]},
        {"orgId": 1, "orgName": "acme", "workspaceId": 101, "workspaceName": "a", "roles": ["view"]},
        {"orgId": 2, "orgName": "else", "workspaceId": 102, "workspaceName": "b", "roles": ["view"]},
        {"orgId": None, "orgName": None, "workspaceId": 103, "workspaceName": "mine"},
    ]

    places = tower_api.parse_workspaces(answer({"orgsAndWorkspaces": rows}))

    assert [(each.workspace.id, each.roles) for each in places] == [
        (101, ("owner", "view")),
        (102, ("view",)),
    ]


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("owner",), True),
        (("ADMIN",), True),
        (("member", "Admin"), True),
        (("maintain",), False),
        (("launch",), False),
        (("connect", "member"), False),
        (("view",), False),
        (("credential-keeper",), True),
        (("view", "credential-keeper"), True),
        (("member",), None),
        ((), None),
    ],
)
def test_roles_are_judged_by_whether_they_write_credentials(roles: tuple[str, ...], expected: object) -> None:
    """A custom role may hold the permission; an organization's role says nothing."""
    assert tower_api.may_write(roles) is expected


def test_participants_are_read_with_teams() -> None:
    """A team has no user name."""
    page = tower_api.parse_participants(
        answer(
            {
                "participants": [
                    {"userName": "registry-bot", "wspRole": "admin", "type": "MEMBER", "more": 1},
                    {"userName": None, "teamName": "core", "wspRole": "owner", "type": "TEAM"},
                ],
                "totalSize": 2,
            }
        )
    )

    assert [(each.user, each.role) for each in page.participants] == [
        ("registry-bot", "admin"),
        (None, "owner"),
    ]


@pytest.mark.parametrize(
    ("participant", "expected"),
    [
        ({"userName": "registry-bot"}, True),
        ({"userName": "Registry Bot", "email": "bot@example.com"}, True),
        ({"userName": "ana", "email": "ana@example.com"}, False),
        ({"userName": None, "teamName": "core"}, False),
    ],
)
def test_our_account_is_found_by_either_name(participant: object, expected: object) -> None:
    """By user name, or by address."""
    user = {"id": 7, "userName": "registry-bot", "email": "bot@example.com"}
    account = tower_api.parse_user(answer({"user": user}))

    page = tower_api.parse_participants(answer({"participants": [participant]}))

    assert page.participants[0].stands_for(account) is expected


@pytest.mark.parametrize(
    ("size", "total", "seen", "expected"),
    [(100, 230, 100, False), (30, 230, 230, True), (100, None, 100, False), (99, None, 199, True)],
)
def test_the_last_page_is_known_with_and_without_a_total(
    size: int, total: int | None, seen: int, expected: object
) -> None:
    """A full page may have a successor where no total is told."""
    document = {"participants": [{"userName": "x"}] * size, "totalSize": total}

    assert tower_api.parse_participants(answer(document)).ends_at(seen) is expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html><body>Sign in</body></html>",
        b'{"user": null}',
        b'{"credentials": null}',
        b'{"credentials": [{"name": "no id"}]}',
        b'{"orgsAndWorkspaces": "many"}',
        b"\xff\xfe{",
        b"[" * 100_000,
    ],
)
@pytest.mark.parametrize(
    "parse", [tower_api.parse_user, tower_api.parse_workspaces, tower_api.parse_credentials]
)
def test_an_answer_of_another_shape_is_a_clean_sentence(parse: object, body: bytes) -> None:
    """No traceback of a parser, nothing of the body, and the setting to look at."""
    assert callable(parse)

    with pytest.raises(errors.Temporary, match="not its API's") as failed:
        parse(http.Answer(200, body))

    assert (failed.value.__cause__, failed.value.__context__) == (None, None)
    assert "TOWER_API_ENDPOINT" in str(failed.value.remedy)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"credentialsId": ""}', b"<html>"])
def test_a_creation_without_an_id_is_unknown(body: bytes) -> None:
    """Something may have been made: look before doing it again."""
    with pytest.raises(errors.Unknown):
        tower_api.parse_created(http.Answer(200, body))


@pytest.mark.parametrize("status", [200, 201])
def test_a_creation_returns_the_id(status: int) -> None:
    """Other success codes than the documented one are fine, and so are further fields."""
    created = tower_api.parse_created(answer({"credentialsId": "5JFPt8", "more": 1}, status))

    assert created == "5JFPt8"


def test_no_value_shows_the_password() -> None:
    """Neither the keys nor the call print it."""
    shown = f"{KEYS!r} {tower_api.build_create(101, KEYS)!r}"

    assert "0f3b" not in shown
