"""The browser's part of QQ Connect on the wire: the scope list, and the addresses people are sent back to.

Owns the bytes, both ways. Leaves who may be sent where to the server.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

Pairs = list[tuple[str, str]]

_SEPARATOR = re.compile(r"[,\s]+")
USER_CANCEL = ("usercancel", "1")
"""What the answer for a mobile screen says when the person refused."""
RESERVED = frozenset(
    {"code", "state", "access_token", "refresh_token", "expires_in", "openid", "error", "error_description"}
    | {"usercancel", "msg", "ret"}
)
"""Names that mean something in an answer: a callback that brings its own would speak in our name."""


def read_scope(text: str) -> tuple[str, ...]:
    """The API names in ``scope``, each once: by comma as documented, or by blank as standard clients write it."""
    return tuple(dict.fromkeys(name for name in _SEPARATOR.split(text) if name))


def write_scope(names: Iterable[str]) -> str:
    """API names as an authorization request lists them."""
    return ",".join(names)


def query_location(redirect_uri: str, pairs: Pairs) -> str:
    """Where a code or a refusal goes; the callback's own query is kept."""
    separator = "&" if "?" in redirect_uri else "?"
    if redirect_uri.endswith(("?", "&")):
        separator = ""
    return redirect_uri + separator + _encode(pairs)


def fragment_location(redirect_uri: str, pairs: Pairs) -> str:
    """Where tokens for a page go: ``?#access_token=…``, the question mark included, as pages have learnt to cut it."""
    separator = "#" if "?" in redirect_uri else "?#"
    return redirect_uri + separator + _encode(pairs)


def _encode(pairs: Pairs) -> str:
    # A blank as %20: pages cut answers up by hand, and decodeURIComponent leaves a plus sign as it is.
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
