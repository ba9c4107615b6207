"""Redirect URIs: what may be registered, and when a requested one is the registered one.

Owns: both rules. Leaves: whose URIs these are to ``authorization.request``; going there to ``response_mode``.

Strict grammar first and never a second parser: the field's holes are two parsers that disagree about the host, and
comparisons by prefix or pattern.

Spec: RFC 6749 §3.1.2; RFC 8252 §7; RFC 9700 §2.1
"""

import ipaddress
import re
from collections.abc import Collection, Sequence
from urllib.parse import parse_qsl, unquote

from msgspec import Struct

_LIMIT_CHARS = 2048
_QUERY_LIMIT_COUNT = 50
_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    r"(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?"
)
_CHARACTERS = re.compile(r"(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_AUTHORITY = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "[::1]", "localhost"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class InvalidRedirectUri(ValueError):
    """May not be registered; the reason is for the developer. Spec: RFC 7591 §3.2.2"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Uri(Struct, frozen=True):
    scheme: str
    host: str
    port: int | None
    path: str
    query: str | None

    @property
    def is_loopback_http(self) -> bool:
        return self.scheme == "http" and self.host in _LOOPBACK_HOSTS


def check_registrable(uri: str, application_type: str) -> None:
    """Raise ``InvalidRedirectUri`` unless a client of this ``application_type`` may register ``uri``.

    ``web``: https, or http on the developer's own machine. ``native``: these and private-use schemes such as
    ``com.example.app:/callback``. Everything else is refused, so ``javascript:``, ``data:`` and the like need no list.

    Spec: RFC 6749 §3.1.2; RFC 8252 §7.1; RFC 8252 §8.4; RFC 9700 §4.1.3
    """
    parsed = _parse(uri)
    if parsed.scheme in ("http", "https") and not parsed.host:
        raise InvalidRedirectUri("has no host name")
    if parsed.scheme == "https" or parsed.is_loopback_http:
        return
    if parsed.scheme == "http":
        raise InvalidRedirectUri("must be https; http is for loopback addresses only")
    if application_type != "native":
        raise InvalidRedirectUri("must be https")
    if "." not in parsed.scheme:
        raise InvalidRedirectUri("must be https, or a private-use scheme with a dot such as com.example.app")


def matches(registered: Sequence[str], requested: str, application_type: str) -> bool:
    """Whether ``requested`` is one of the registered URIs: the same string.

    For native clients the port of an http loopback URI may differ, because it is the system that gives them one.

    Spec: RFC 9700 §2.1; RFC 8252 §7.3; RFC 8252 §8.4
    """
    if requested in registered:
        return True
    if application_type != "native":
        return False
    try:
        wanted = _parse(requested)
        return wanted.is_loopback_http and any(
            _same_but_port(_parse(uri), wanted) for uri in registered if uri.lower().startswith("http:")
        )
    except InvalidRedirectUri:
        return False


def matches_host_and_path(registered: Sequence[str], requested: str, *, reserved: Collection[str]) -> bool:
    """Whether ``requested`` is a registered URI with, at most, more parameters in its query.

    The rule of QQ Connect, for clients marked for it: scheme, host, port and path are the registered ones. Parameters
    with a name in ``reserved`` may not be added: they would be taken for part of the answer.
    """
    if requested in registered:
        return True
    try:
        wanted = _parse(requested)
        return any(_same_but_query(_parse(uri), wanted, reserved) for uri in registered)
    except (InvalidRedirectUri, ValueError):
        return False


def _same_but_query(registered: _Uri, requested: _Uri, reserved: Collection[str]) -> bool:
    if registered.scheme not in ("http", "https") or _place(registered) != _place(requested):
        return False
    own, sent = _parse_query(registered), _parse_query(requested)
    # Nor another value for what is registered: two readers may pick different ones.
    taken = {*reserved, *(_plain(name) for name, _ in own)}
    return all(pair in sent for pair in own) and not any(_plain(pair[0]) in taken for pair in sent if pair not in own)


def _plain(name: str) -> str:
    """The name as the most forgiving framework reads it: PHP cuts blanks and brackets and has ``_`` for dots, ASP.NET
    knows no case.
    """
    return re.sub("[. ]", "_", name.strip().partition("[")[0].lower())


def _parse_query(uri: _Uri) -> list[tuple[str, str]]:
    # Some still separate by ";" as well.
    query = (uri.query or "").replace(";", "&")
    return parse_qsl(query, keep_blank_values=True, max_num_fields=_QUERY_LIMIT_COUNT)


def _place(uri: _Uri) -> tuple[str, str, int | None, str]:
    return uri.scheme, uri.host, uri.port, uri.path or "/"


def _same_but_port(registered: _Uri, requested: _Uri) -> bool:
    return (registered.scheme, registered.host, registered.path, registered.query) == (
        requested.scheme,
        requested.host,
        requested.path,
        requested.query,
    )


def _parse(uri: str) -> _Uri:
    if len(uri) > _LIMIT_CHARS:
        raise InvalidRedirectUri(f"is longer than {_LIMIT_CHARS} characters")
    if "#" in uri:
        raise InvalidRedirectUri("must not have a fragment (#)")
    if not _CHARACTERS.fullmatch(uri):
        raise InvalidRedirectUri("has a character that must be percent-encoded, or is empty")
    match = _URI.fullmatch(uri)
    if match is None:
        raise InvalidRedirectUri("must be absolute: a scheme, then the address")
    host, port = _parse_authority(match["authority"]) if match["authority"] else ("", None)
    _check_path(match["path"])
    return _Uri(match["scheme"].lower(), host, port, match["path"], match["query"])


def _parse_authority(authority: str) -> tuple[str, int | None]:
    # user@host is how http://good.example:80@evil.example passes for good.example.
    if "@" in authority:
        raise InvalidRedirectUri("must not have a user name (@) before the host")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise InvalidRedirectUri("has a malformed host name or port")
    if match["host"].startswith("["):
        try:
            ipaddress.IPv6Address(match["host"][1:-1])
        except ValueError as error:
            raise InvalidRedirectUri("has a malformed IPv6 address") from error
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65_536:
        raise InvalidRedirectUri("has an impossible port")
    return match["host"].lower(), port


def _check_path(path: str) -> None:
    # Twice: a proxy in front of the client may decode once more than we do. ";" is where "..;/" tricks hide.
    decoded = unquote(unquote(path))
    if _CONTROL.search(decoded):
        raise InvalidRedirectUri("has an encoded control character or backslash in its path")
    if ".." in re.split("[/;]", decoded):
        raise InvalidRedirectUri("must not have .. in its path")
