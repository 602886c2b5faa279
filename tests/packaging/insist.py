"""A pytest plugin for CI (`-p tests.packaging.insist`): a test that was left out fails.

A test may skip itself where a browser or a Redis server is absent. Where both were installed on
purpose, a skip would hide that nothing was tested.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

# The vendors' own API descriptions are not part of this repository.
ALLOWED = "VENDOR_SPECS"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skipped itself."""
    report = yield
    _insist(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skipped itself as a whole."""
    report = yield
    _insist(report)
    return report


def _insist(report: pytest.TestReport | pytest.CollectReport) -> None:
    # A test that is expected to fail is reported as skipped too, and is none.
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if ALLOWED not in reason:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was left out where nothing may be: {reason}"
