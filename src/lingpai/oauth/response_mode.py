"""How response parameters travel back to the client: query, fragment or a form the browser posts.

Owns: putting parameters on a redirect URI. Leaves: whether we may go there at all to ``authorization.request``; the
bytes of the page that posts to ``server.web``.

Spec: RFC 6749 §4.1.2; OAuth 2.0 Multiple Response Type Encoding Practices §2.1; OAuth 2.0 Form Post Response Mode §2
"""

from collections.abc import Sequence
from typing import Literal, assert_never

from msgspec import Struct

from lingpai.oauth.params import encode_params

ResponseMode = Literal["query", "fragment", "form_post"]


class Redirect(Struct, frozen=True):
    """Send the browser to ``location``."""

    location: str

    def __repr__(self) -> str:
        return "Redirect(location=…)"  # it carries the code


class FormPost(Struct, frozen=True):
    """Have the browser post ``fields`` to ``action``."""

    action: str
    fields: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"FormPost(action={self.action!r}, fields=…)"  # they carry the code


def deliver(redirect_uri: str, mode: ResponseMode, params: Sequence[tuple[str, str]]) -> Redirect | FormPost:
    """``params`` on their way to a checked ``redirect_uri``, whose own query is kept.

    Spec: RFC 6749 §3.1.2; RFC 6749 §4.1.2; RFC 6749 §4.2.2
    """
    if "#" in redirect_uri:
        raise ValueError("a redirect URI has no fragment")
    match mode:
        case "query":
            return Redirect(redirect_uri + _separator(redirect_uri) + encode_params(params))
        case "fragment":
            return Redirect(f"{redirect_uri}#{encode_params(params)}")
        case "form_post":
            return FormPost(redirect_uri, tuple(params))
        case _:
            assert_never(mode)


def _separator(redirect_uri: str) -> str:
    if "?" not in redirect_uri:
        return "?"
    return "" if redirect_uri.endswith(("?", "&")) else "&"
