"""Each state of the page, looked at: by the rules for accessibility, and by people as pictures.

With `SCREENSHOTS=folder` in the environment each state is kept there as a picture.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser import axe, tour
from tests.browser.conftest import Sandbox
from tests.browser.desk import Desk


@pytest.fixture
def pictures() -> Path | None:
    """Return where pictures are to be kept, if anywhere."""
    folder = os.environ.get("SCREENSHOTS")  # noqa: TID251  # where pictures go is no setting of the bot
    return Path(folder) if folder else None


@pytest.mark.timeout(240)
@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_no_state_of_the_page_shuts_anybody_out(
    desk: Desk, sandbox: Sandbox, axe_script: str, pictures: Path | None, look: str
) -> None:
    """axe-core finds nothing serious or critical in any state, in light, in dark and on a phone."""
    found: dict[str, list[str]] = {}

    async def look_at(state: str) -> None:
        found[state] = await axe.violations(desk.page, axe_script)
        if pictures:
            await desk.page.screenshot(path=pictures / look / f"{len(found):02}-{state}.png")

    desk.provoked.append("status of 5")
    await tour.walk(desk, sandbox.world, look_at)

    assert {state: problems for state, problems in found.items() if problems} == {}
    assert len(found) > 10
