"""A strict validator of Block Kit, in Slack's own error shape.

Slack's own one is the public method blocks.validate, which needs slack.com; this one works offline.
"""

from bot.sandbox.slack.blockkit.rules import Problem
from bot.sandbox.slack.blockkit.surfaces import check_blocks, check_message, check_options, check_view, lints

__all__ = ["Problem", "check_blocks", "check_message", "check_options", "check_view", "lints"]
