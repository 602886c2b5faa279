"""`registry-bot policy …`: parses, calls, prints. Needs no server, and no setting but the file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from bot import errors, explain, model, policy_source, rules

REFUSED, WRONG = 1, 2
File = click.Path(dir_okay=False, path_type=Path)


@click.group(name="policy")
def group() -> None:
    """Check the policy file, and ask what it says."""


@group.command()
@click.argument("file", type=File, envvar="REGISTRY_BOT_POLICY")
def check(*, file: Path) -> None:
    """Find every mistake in FILE (else in REGISTRY_BOT_POLICY), each with its line."""
    found = _read(file)
    counts = f"rules: {len(found.rules)}, groups: {len(found.groups)}, people: {len(found.people)}"
    click.echo(f"{file}: fine ({counts}, version {found.version}).")


@group.command(name="explain")
@click.option(
    "--file", type=File, envvar="REGISTRY_BOT_POLICY", required=True, help="Else REGISTRY_BOT_POLICY."
)
@click.option(
    "--requester", required=True, metavar="WHO", help="Slack id, Entra object id, or name in [[people]]."
)
@click.option("--workspace", required=True, metavar="ORG/NAME", help="Tower workspace.")
@click.option("--repository", required=True, metavar="HOST/NAME", help="Login server and repository.")
@click.option("--channel", metavar="C…", help="Where it is asked; else in a direct message.")
@click.option(
    "--kind", type=click.Choice([one.value for one in model.Kind]), default="issue", show_default=True
)
@click.option("--member-of", multiple=True, metavar="GROUP", help="Take it that WHO is in this group.")
@click.option("--not-member-of", multiple=True, metavar="GROUP", help="Take it that WHO is not.")
@click.option(
    "--participant/--no-participant", default=None, help="Take it that WHO is in the workspace, or not."
)
def explain_(  # noqa: PLR0913  # one argument for each option
    *,
    file: Path,
    requester: str,
    workspace: str,
    repository: str,
    channel: str | None,
    kind: str,
    member_of: tuple[str, ...],
    not_member_of: tuple[str, ...],
    participant: bool | None,
) -> None:
    """Print the rule that decides, why those before it do not, and who could approve now.

    Ends with 1 where the request would be refused. Who is in Slack's user groups or in a workspace
    is not looked up: say so where it matters.
    """
    found = _read(file)
    host, slash, name = repository.lower().partition("/")
    if not slash:
        raise click.BadParameter(
            "must be HOST/NAME, such as acme.azurecr.io/team/tool", param_hint="--repository"
        )
    by = explain.somebody(found, requester)
    if by is None:
        raise click.BadParameter("is no id, and nobody in [[people]]", param_hint="--requester")
    for name_of in (*member_of, *not_member_of):
        if name_of not in found.groups:
            raise click.BadParameter(f"there is no group {name_of!r}", param_hint="--member-of")
    subject = rules.Subject(
        kind=model.Kind(kind), login_server=host, repositories=(name,), workspace=workspace, channel=channel
    )
    assumed = explain.Assumed(member_of, not_member_of, participant)
    answer = explain.explain(found, subject, by, assumed.facts(found, by))
    for line in explain.told(answer):
        click.echo(line)
    sys.exit(0 if answer.choice.rule else REFUSED)


def _read(file: Path) -> rules.Policy:
    try:
        return policy_source.read(file)
    except errors.ConfigurationError as error:
        click.echo(str(error), err=True)
        sys.exit(REFUSED)
