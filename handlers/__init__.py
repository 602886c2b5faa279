"""Chat platforms. To add one: a folder with `app`, `parse`, `ids`, `notifier` and its renderer.

Handlers do four things: acknowledge, parse, one call of `bot.service`, render. All wording is in
`handlers.text`, so that platforms cannot disagree.
"""
