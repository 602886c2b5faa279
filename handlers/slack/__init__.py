"""Slack: slash command, form, buttons and messages, over HTTP or Socket Mode."""
