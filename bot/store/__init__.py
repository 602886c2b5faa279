"""All state, in Redis: each write is one script, so that it happens as a whole or not at all."""

from bot.store.redis import RedisStore, open_store

__all__ = ["RedisStore", "open_store"]
