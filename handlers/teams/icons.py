"""The app's two icons, drawn by code: a key.

Teams wants 192 x 192 pixels in colour, and 32 x 32 in white on nothing
(https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/apps-package).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

COLOR_SIZE, OUTLINE_SIZE = 192, 32
_BLUE, _WHITE, _NOTHING = (0x1F, 0x3A, 0x5F, 255), (255, 255, 255, 255), (255, 255, 255, 0)
_MIDDLE, _RING = (0.34, 0.5), (0.09, 0.18)  # of the ring, and how near to it and how far the ring is
_BOXES = (  # left, top, right, bottom
    (0.50, 0.455, 0.84, 0.545),  # the shaft
    (0.66, 0.50, 0.72, 0.64),  # a tooth
    (0.78, 0.50, 0.84, 0.64),
)

Pixel = tuple[int, int, int, int]


def color() -> bytes:
    """Return the icon in colour, as a PNG."""
    return _png(COLOR_SIZE, lambda x, y: _WHITE if _drawn(x, y) else _BLUE)


def outline() -> bytes:
    """Return the icon in white on nothing, as a PNG."""
    return _png(OUTLINE_SIZE, lambda x, y: _WHITE if _drawn(x, y) else _NOTHING)


def _drawn(x: float, y: float) -> bool:
    """Tell whether the key is at a place between 0 and 1."""
    inner, outer = _RING
    from_middle = ((x - _MIDDLE[0]) ** 2 + (y - _MIDDLE[1]) ** 2) ** 0.5
    boxed = any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in _BOXES)
    return inner <= from_middle <= outer or boxed


def _png(size: int, paint: Callable[[float, float], Pixel]) -> bytes:
    rows = bytearray()
    for row in range(size):
        rows.append(0)  # no filter
        for column in range(size):
            rows += bytes(paint((column + 0.5) / size, (row + 0.5) / size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)  # 8 bits each of red, green, blue, alpha
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
