"""Compares Azure and Tower with the bot's records, tells what differs, and removes its own leftovers."""

from bot.reconcile.findings import Finding, Kind
from bot.reconcile.hourly import Hourly
from bot.reconcile.reconciler import Reconciler
from bot.reconcile.report import Report

__all__ = ["Finding", "Hourly", "Kind", "Reconciler", "Report"]
