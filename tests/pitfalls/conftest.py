"""What went wrong with other bots that approve in chat, each as a test: the parts to try it on.

The numbers are those of our list of peers' pitfalls; each test says what happened elsewhere.
"""

from __future__ import annotations

from tests.core.conftest import desk, policy
from tests.engine.conftest import engine, store_clock
from tests.handlers.conftest import ana, ben, browser, house, service

__all__ = ["ana", "ben", "browser", "desk", "engine", "house", "policy", "service", "store_clock"]
