"""The authorization request: first who asks and where the answer goes, then everything else.

Owns phase A: ``identify`` proves client and redirect URI; an error there is a page, never a redirect. Its result holds
a ``ReplyTo``, and nothing can be sent to a client without one. Leaves phase B, every other parameter, to ``checks``: an
error there goes to the ``ReplyTo``.

Spec: RFC 6749 §4.1.1; RFC 6749 §4.1.2.1; RFC 9700 §4.11
"""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qs, unquote_plus

from msgspec import Struct

from lingpai.oauth.redirect_uri import matches
from lingpai.oauth.response_mode import ResponseMode
from lingpai.server.storage.records import Client

_LIMIT_COUNT = 1000
# Nothing to decode, nothing to refuse: most values.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")
# Control characters, and what is left of raw bytes that were not UTF-8: no database and no URL takes a lone surrogate.
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class NotProven(Exception):
    """Client or redirect URI is not proven: show a page to the developer, redirect nowhere.

    ``reason`` names the rule; ``sent`` is what the request had (shown escaped), ``client`` is there if it is known.
    """

    def __init__(
        self,
        reason: Literal[
            "client_id_missing",
            "client_unknown",
            "redirect_uri_missing",
            "redirect_uri_mismatch",
            "request_uri_dead",
            "malformed",
        ],
        *,
        sent: str = "",
        client: Client | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.client = client


class ReplyTo(Struct, frozen=True):
    """Where the answer goes. Only ``identify`` and the unsealing of what it made create one."""

    redirect_uri: str
    response_mode: ResponseMode
    state: str | None
    display: str = ""


class AuthorizationRequest(Struct, frozen=True, kw_only=True, array_like=True):
    """A checked request on its way through sign-in and consent. Travels sealed, is stored nowhere."""

    request_id: bytes
    client_id: str
    redirect_uri: str
    redirect_uri_was_sent: bool
    response_type: str = "code"
    response_mode: ResponseMode = "query"
    state: str | None = None
    scope: str = ""
    resource: tuple[str, ...] = ()
    code_challenge: str = ""
    nonce: str = ""
    prompt: tuple[str, ...] = ()
    max_age: int | None = None
    login_hint: str = ""
    expected_subject: str = ""
    """Who it must be, by ``id_token_hint`` or a ``sub`` asked for by value. Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    ui_locales: str = ""
    id_token_claims: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    """What the ``claims`` parameter asks for, by name. Spec: OpenID Connect Core 1.0 §5.5"""
    claims_scope: str = ""
    """The permissions that cover these claims: asked for on the consent page, not part of the token."""
    asked_at: int = 0
    jkt: str = ""
    """``dpop_jkt``: only the owner of this key may redeem the code. Spec: RFC 9449 §10"""
    was_pushed: bool = False
    """It came through PAR: good for one answer. Spec: RFC 9126 §7.3"""
    browser: bytes = b""
    """Digest of the browser's cookie: only the browser that asked can go on."""
    signed_in: bytes = b""
    """Answer of the sign-in page: digest of the session that was started for this request."""
    consented: bytes = b""
    """Answer of the consent page: id of the grant that was given for this request."""
    selected: bytes = b""
    """Answer of the account chooser: digest of the session chosen for this request."""
    adding: bool = False
    """On the way from the chooser to the sign-in page: the other accounts of this browser stay signed in."""
    refused: bool = False
    """Answer of the consent page: the person said no."""
    acr_essential: bool = False
    """One of ``acr_values`` must be reached, or the request fails. Spec: OpenID Connect Core 1.0 §5.5.1.1"""
    acr_values: tuple[str, ...] = ()
    """Of the sign-in strengths asked for, those we know; any of them will do. Spec: OpenID Connect Core 1.0 §3.1.2.1"""
    dialect: str = "standard"
    """In which it was asked, and is answered."""
    display: str = ""
    """For what screen the application asked, where that changes the answer."""

    @property
    def reply_to(self) -> ReplyTo:
        """Where the answer goes: the URI ``identify`` proved before this was sealed."""
        return ReplyTo(self.redirect_uri, self.response_mode, self.state, self.display)


class Identified(Struct, frozen=True):
    """Phase A's result."""

    client: Client
    reply_to: ReplyTo
    redirect_uri_was_sent: bool


def identify(encoded: str, client: Client | None) -> Identified:
    """Prove who asks and where the answer goes, however broken the rest of the request may be.

    ``client`` is the record for the request's only ``client_id``, if there is one. Raises ``NotProven``.

    Spec: RFC 6749 §3.1.2.4; RFC 6749 §4.1.2.1
    """
    if client is None or client.disabled_at is not None:
        raise NotProven("client_unknown", sent=only_value(encoded, "client_id") or "")
    sent = only_value(encoded, "redirect_uri")
    if sent is None:
        if len(client.redirect_uris) != 1 or not _is_absent(encoded, "redirect_uri"):
            raise NotProven("redirect_uri_missing", client=client)
        redirect_uri = client.redirect_uris[0]
    elif matches(client.redirect_uris, sent, client.application_type):
        redirect_uri = sent
    else:
        raise NotProven("redirect_uri_mismatch", sent=sent, client=client)
    reply_to = ReplyTo(redirect_uri, _response_mode(encoded), only_value(encoded, "state"))
    return Identified(client, reply_to, sent is not None)


def default_response_mode(response_type: str) -> ResponseMode:
    """Where an answer goes unless told otherwise: tokens never into a query, which ends up in logs.

    Spec: OAuth 2.0 Multiple Response Type Encoding Practices §2.1
    """
    return "fragment" if {"token", "id_token"} & set(response_type.split()) else "query"


def _response_mode(encoded: str) -> ResponseMode:
    """How to answer, errors included, however broken the request is."""
    default = default_response_mode(only_value(encoded, "response_type") or "code")
    match only_value(encoded, "response_mode"):
        case "form_post":
            return "form_post"
        case "fragment":
            return "fragment"
        case _:
            return default


def only_value(encoded: str, name: str) -> str | None:
    """The value of a parameter that is there exactly once and not empty; tolerant of everything else."""
    values = _raw_values(encoded).get(name)
    if values is None or len(values) != 1:
        return None
    if _PLAIN.fullmatch(values[0]):
        return values[0] or None
    # Only this value is decoded: nothing in another may hide this one.
    value = unquote_plus(values[0], errors="surrogateescape")
    return value if value and not _NO_TEXT.search(value) else None


@functools.lru_cache(maxsize=8)
def _raw_values(encoded: str) -> Mapping[str, Sequence[str]]:
    """The undecoded values by name; none where there are too many. One request is asked for half a dozen names."""
    values: dict[str, list[str]] = {}
    if encoded.count("&") >= _LIMIT_COUNT:
        return values
    for field in encoded.split("&"):
        raw_name, _, value = field.partition("=")
        values.setdefault(unquote_plus(raw_name) if "%" in raw_name or "+" in raw_name else raw_name, []).append(value)
    return values


def _is_absent(encoded: str, name: str) -> bool:
    """Whether a parameter is not there, or there without a value (RFC 6749 §3.1)."""
    try:
        return name not in parse_qs(encoded, errors="replace", max_num_fields=_LIMIT_COUNT)
    except ValueError:
        return False
