"""A file that is there as a whole, on the disk, or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Sink:
    """Writes beside the file, and puts it in its place with `keep`. An existing one is not replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.part")

    def __enter__(self) -> Self:
        """Open it; raise OSError where that cannot be."""
        if self._path.exists():
            raise FileExistsError(f"{self._path} exists already.")
        # Who asked for what is nobody else's business.
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="")
        return self

    def write(self, text: str) -> None:
        """Write text as it is."""
        self._file.write(text)

    def keep(self) -> None:
        """Return once the file is on the disk under its name, and would survive a power cut."""
        self._file.flush()
        os.fsync(self._file.fileno())
        os.replace(self._part, self._path)  # noqa: PTH105  # beside os.fsync, which no Path has
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it, and leave nothing but what was kept."""
        self._file.close()
        self._part.unlink(missing_ok=True)
