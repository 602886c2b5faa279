"""What REDIS_URL may say: one server, Sentinel or Cluster, over TCP, TLS or a unix socket.

    redis://[user:password@]host[:6379][/db]                    rediss:// with TLS
    unix://[user:password@]/path/to/socket[?db=0]
    redis+sentinel://[user:password@]host[:26379],…/name[/db]   rediss+sentinel:// with TLS
    redis+cluster://[user:password@]host[:6379],…               rediss+cluster:// with TLS

Options after `?` are those of OPTIONS, the same for all forms. User and password are the data
servers'; Sentinels that want their own get `sentinel_username` and `sentinel_password`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from bot import errors

OPTIONS = (
    "db",
    "sentinel_password",
    "sentinel_username",
    "ssl_ca_certs",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
)
SCHEMES = "redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"


class Form(enum.StrEnum):
    """What stands behind an address. The values are the scheme's last part."""

    SINGLE = "redis"
    SOCKET = "unix"
    SENTINEL = "sentinel"
    CLUSTER = "cluster"


PORTS = {Form.SINGLE: 6379, Form.CLUSTER: 6379, Form.SENTINEL: 26379}


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed REDIS_URL. Its repr holds no credentials."""

    form: Form
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""  # of the socket
    name: str = ""  # Sentinel's name for the primary
    db: int = 0
    tls: bool = False
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


def parse(url: str) -> Address:
    """Read an address; raise ConfigurationError, which names REDIS_URL and never quotes it."""
    try:
        return _parse(url.strip())
    except ValueError as error:
        # `from None`: a traceback would quote the address, and that may hold a password.
        raise errors.ConfigurationError(f"REDIS_URL {error}") from None


def _parse(url: str) -> Address:
    form, tls, rest = _scheme(url)
    place, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise ValueError(f"has an unknown option {unknown[0][:40]!r}; known are {', '.join(OPTIONS)}.")
    # The last @ ends the login, so that one in an unquoted password does no harm.
    login, _, place = place.rpartition("@")
    user, _, password = login.partition(":")
    listed, _, path = place.partition("/")
    first, _, second = path.partition("/")
    name, db = (first, second) if form is Form.SENTINEL else ("", "" if form is Form.SOCKET else first)
    address = Address(
        form=form,
        hosts=() if form is Form.SOCKET else tuple(_host(part, PORTS[form]) for part in listed.split(",")),
        path=unquote(f"/{path}") if form is Form.SOCKET else "",
        name=unquote(name),
        db=_database(options.pop("db", db)),
        tls=tls,
        user=unquote(user) or None,
        password=unquote(password) or None,
        options=options,
    )
    if problem := _problem(address):
        raise ValueError(problem)
    return address


def _scheme(url: str) -> tuple[Form, bool, str]:
    scheme, separator, rest = url.partition("://")
    transport, _, form = scheme.lower().partition("+")
    if separator and (transport, form) == ("unix", ""):
        return Form.SOCKET, False, rest
    if not separator or transport not in {"redis", "rediss"} or form not in {"", "sentinel", "cluster"}:
        raise ValueError(f"must begin with {SCHEMES}.")
    return Form(form or "redis"), transport == "rediss", rest


def _host(part: str, port: int) -> tuple[str, int]:
    try:
        split = urlsplit(f"//{part}")
        host, given = split.hostname, split.port
    except ValueError:
        host, given = None, None
    if not host:
        raise ValueError(
            "names no host, or one that cannot be (in a password, write / ? # % as %2F %3F %23 %25)."
        )
    return host, given or port


def _database(text: str) -> int:
    if text and not text.isdecimal():
        raise ValueError("ends in a database that is no number.")
    return int(text or 0)


def _problem(address: Address) -> str | None:
    if address.form is Form.SOCKET and address.path == "/":
        return "names no socket, as in unix:///run/redis/redis.sock."
    if address.form is Form.SENTINEL and not address.name:
        return "names no primary, as in redis+sentinel://host:26379/NAME."
    if address.form is Form.SINGLE and len(address.hosts) > 1:
        return "names several hosts: say redis+cluster:// or redis+sentinel://."
    if address.form is Form.CLUSTER and address.db:
        return "names a database, but a cluster has none besides 0."
    return None
