"""Holds every setting against the live service: reads, judges, and says what to change.

`examine` asks all checks at once, each within its own time. A check is a pure function over what was
read (`judge_…`) and a thin asker around it (`check_…`); what several need to know is read once.
"""

from bot.doctor.examination import examine
from bot.doctor.patient import Probes, Setup
from bot.doctor.report import Report, unreadable

__all__ = ["Probes", "Report", "Setup", "examine", "unreadable"]
