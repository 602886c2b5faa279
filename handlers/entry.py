"""A form as it was sent, whatever it was typed into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot import errors, forms, model, ports
from bot.forms import Field
from handlers import payload

_LONGEST_ID = 19  # Tower's ids have 64 bits
_LONGEST_DAYS = len("3650") + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """What was typed and chosen, as text; `window` names the form that it was typed into."""

    window: str
    typed: Mapping[Field, str]

    def text(self, field: Field) -> str:
        """Return what a field holds, without the spaces around it."""
        return self.typed.get(field, "").strip()

    @property
    def workspace_id(self) -> int | None:
        """Return the chosen workspace."""
        value = self.text(Field.WORKSPACE)
        plain = value.isascii() and value.isdecimal() and len(value) <= _LONGEST_ID
        return int(value) if plain else None

    @property
    def repositories(self) -> tuple[str, ...]:
        """Return the values of the chosen repositories (see `forms.option_key`), with commas between."""
        return tuple(dict.fromkeys(filter(None, map(str.strip, self.text(Field.REPOSITORY).split(",")))))

    def submission(
        self, by: model.Principal, place: model.Place | None, repositories: Sequence[ports.Repository]
    ) -> forms.Submission:
        """Return what is asked for. Its `op` names this form with these values; raises BadInput."""
        name, validity, reason = (self.text(one) for one in (Field.NAME, Field.VALIDITY, Field.REASON))
        paths = ",".join(one.path for one in repositories)
        return forms.Submission(
            by=by,
            place=place,
            name=name,
            workspace_id=self.workspace_id,
            repositories=tuple(repositories),
            op=payload.token(by.key, self.window, name, str(self.workspace_id), paths, validity, reason),
            validity_days=days(validity),
            reason=reason,
        )


def days(validity: str) -> int | None:
    """Return a typed number of days; nothing typed is None."""
    if not validity:
        return None
    if not (validity.isascii() and validity.isdecimal()) or len(validity) > _LONGEST_DAYS:
        raise errors.BadInput({Field.VALIDITY.value: "Give a whole number of days."})
    return int(validity)
