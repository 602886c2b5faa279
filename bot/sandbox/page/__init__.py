"""The sandbox's page: a small Slack for each person, every request that left the bot, and bad weather.

What people do goes through `bot.sandbox.slack.Person` and nothing else; the page knows nothing of
the bot but its process.
"""
