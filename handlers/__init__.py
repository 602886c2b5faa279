"""Chat platforms. To add one: a folder with `app`, `parse`, `ids`, `notifier` and its renderer.

Handlers do four things: acknowledge, parse, one call of the service, render. All wording is in
`handlers.text` and `handlers.replies`, made of `handlers.parts`, so that platforms cannot disagree.
"""
