"""`python -m tests.bench [NAME …]`: measure, and print the README's table."""

from __future__ import annotations

import asyncio
import sys

from bot import log
from tests.bench import acknowledgement, decisions, figures, forged, lists, provisioning, reconciling, work

PARTS = {
    "provisioning": provisioning.measure,
    "acknowledgement": acknowledgement.measure,
    "forged": forged.measure,
    "work": work.measure,
    "decisions": decisions.measure,
    "lists": lists.measure,
    "reconciling": reconciling.measure,
}


def main(names: list[str]) -> int:
    """Run the parts named, or all; return 1 if a figure is beyond its bar."""
    log.configure("warning")
    rows: list[figures.Figure] = []
    for name in names or list(PARTS):
        rows += asyncio.run(PARTS[name]())
    print(figures.table(rows))  # noqa: T201  # the table is what this is for
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
