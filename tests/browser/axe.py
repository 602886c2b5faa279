"""axe-core from the npm registry: installed once, then run inside the page."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".registry-bot" / "axe"
PACKAGE = HERE / "package.json"
INSTALL_S = 180
BAD = ("serious", "critical")
# What the rules found, shortened to what a reader needs to mend it.
RUN = """
async (impacts) => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations
    .filter((one) => impacts.includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}
"""


def installed() -> str:
    """Return axe-core's script, installing it first; skip where that cannot be done."""
    version: str = json.loads(PACKAGE.read_text())["dependencies"]["axe-core"]
    script = CACHE / version / "node_modules" / "axe-core" / "axe.min.js"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes start at once
        if not script.exists():
            _install(script.parents[2])
    return script.read_text()


def _install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm, which fetches axe-core, is not on the PATH")
    folder.mkdir(exist_ok=True)
    shutil.copy(PACKAGE, folder)
    # No lock file: it would name the registry's host, and one pinned package needs none.
    arguments = ("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
    try:
        done = subprocess.run(
            [npm, *arguments], cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not fetch axe-core within {INSTALL_S} s")
    if done.returncode:
        pytest.skip(f"npm could not fetch axe-core: {done.stderr.strip()[-300:]}")


async def violations(page: Page, script: str) -> list[str]:
    """Return every serious or critical violation on the page as it is now."""
    # Evaluated by the browser's own debugger, to which the page's content policy does not apply.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(script)
    found: list[str] = await page.evaluate(RUN, list(BAD))
    return found
