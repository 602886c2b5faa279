"""Stand-ins for every port but the store: they behave, keep a journal of calls, and break on demand."""

from tests.fakes.azure import FakeCatalog, FakeRegistries, HeldToken
from tests.fakes.chat import FakeDirectory, FakeNotifier
from tests.fakes.journal import Crash, FakeClock, Fault, Journal
from tests.fakes.tower import FakeTower, FakeWave, HeldCredential

__all__ = [
    "Crash",
    "FakeCatalog",
    "FakeClock",
    "FakeDirectory",
    "FakeNotifier",
    "FakeRegistries",
    "FakeTower",
    "FakeWave",
    "Fault",
    "HeldCredential",
    "HeldToken",
    "Journal",
]
