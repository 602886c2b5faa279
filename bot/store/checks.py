"""Whether a server is fit to keep decisions: read from INFO alone, since hosted Redis forbids CONFIG.

Azure and AWS block CONFIG, and what needs it breaks there (github.com/taskforcesh/bullmq, issue 1437).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from bot import ports

Info = Mapping[str, object]
OLDEST, OLDEST_TESTED = (5, 0), (6, 0)


Level: TypeAlias = ports.Level
Finding: TypeAlias = ports.Finding


def findings(info: Info) -> tuple[Finding, ...]:
    """Judge a server by its INFO. What a server does not tell is not judged."""
    judges = (_version, _role, _mode, _persistence, _last_write, _eviction, _evicted, _replicas)
    return tuple(finding for judge in judges if (finding := judge(info)))


def _ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def _warning(seen: str, change: str) -> Finding:
    return Finding(Level.WARNING, seen, change)


def _failure(seen: str, change: str) -> Finding:
    return Finding(Level.FAILURE, seen, change)


def _version(info: Info) -> Finding | None:
    # Valkey says which Redis it is compatible with, besides its own version.
    name = "Valkey" if "valkey_version" in info else "Redis"
    shown = str(info.get("valkey_version") or info.get("redis_version") or "")
    parts = tuple(
        int(part) for part in str(info.get("redis_version") or "").split(".")[:2] if part.isdecimal()
    )
    if not parts:
        return None
    if parts < OLDEST:
        return _failure(f"{name} {shown} has no streams.", "Use Redis 6.0 or newer, or Valkey.")
    if parts < OLDEST_TESTED:
        return _warning(f"{name} {shown} is older than any this was tested on.", "Use 6.0 or newer.")
    return _ok(f"{name} {shown}")


def _role(info: Info) -> Finding | None:
    if info.get("role") == "slave":
        return _failure(
            "REDIS_URL leads to a replica, which takes no writes.", "Name the primary, or Sentinel."
        )
    return None


def _mode(info: Info) -> Finding | None:
    if info.get("redis_mode") == "cluster" and not info.get("asked_as_cluster"):
        return _failure("The server is part of a Cluster.", "Write REDIS_URL as redis+cluster://.")
    return None


def _persistence(info: Info) -> Finding | None:
    enabled = info.get("aof_enabled")
    if enabled is None:
        return None
    if int(str(enabled)):
        return _ok("append-only file on")
    return _warning(
        "The append-only file is off: a restart of Redis forgets decisions.", "Set appendonly yes."
    )


def _last_write(info: Info) -> Finding | None:
    if info.get("aof_last_write_status", "ok") != "ok":
        return _failure("The last write of the append-only file failed.", "Look at the server's disk.")
    if info.get("rdb_last_bgsave_status", "ok") != "ok":
        return _warning(
            "The last snapshot failed, and Redis may refuse writes.", "Look at the server's disk."
        )
    return None


def _eviction(info: Info) -> Finding | None:
    policy = str(info.get("maxmemory_policy") or "")
    change = "Set maxmemory-policy noeviction."
    if policy.startswith("allkeys"):
        return _failure(f"With {policy}, a full Redis drops requests and credentials.", change)
    if policy.startswith("volatile"):
        return _warning(f"With {policy}, a full Redis drops the marks that stop double clicks.", change)
    return _ok(policy) if policy else None


def _evicted(info: Info) -> Finding | None:
    count = int(str(info.get("evicted_keys") or 0))
    seen = f"Redis has dropped {count} keys for want of memory."
    return _warning(seen, "Give it more memory.") if count else None


def _replicas(info: Info) -> Finding | None:
    # No warning: one server with its append-only file on a good disk is a fair choice.
    count = info.get("connected_slaves")
    return None if count is None else _ok(f"replicas: {count}")
