"""Where an issuer's endpoints are. Pure: a conversation for a shell to hold.

Owns: which documents are asked for, and why one is believed: only if it names exactly the issuer we asked.
Leaves: what the fields mean to ``oauth.metadata`` and ``providers``, sending to the shells.
"""

from collections.abc import Generator
from typing import TypeVar

import msgspec

from lingpai.client.errors import DiscoveryError, printable
from lingpai.client.http_request import HttpRequest, Pause, document_request
from lingpai.client.providers import Provider, check_url
from lingpai.client.responses import json_object
from lingpai.dialects.base import WireBody
from lingpai.oauth.metadata import AuthorizationServerMetadata, well_known_url

T = TypeVar("T")

# A conversation: it yields requests, is sent their answers (nothing, for a pause), and returns what it was for.
Steps = Generator[HttpRequest | Pause, WireBody, T]


def metadata_urls(issuer: str) -> tuple[str, ...]:
    """Where to look, in order. Spec: RFC 8414 §3.1; OpenID Connect Discovery 1.0 §4"""
    return (well_known_url(issuer), f"{issuer.removesuffix('/')}/.well-known/openid-configuration")


def discover(issuer: str) -> Steps[Provider]:
    """Find an issuer's metadata; raises ``DiscoveryError``. Spec: RFC 8414 §3; OpenID Connect Discovery 1.0 §4"""
    try:
        check_url("issuer", issuer, query=False)
    except ValueError as error:
        raise DiscoveryError(str(error)) from None
    failures: list[str] = []
    for url in metadata_urls(issuer):
        answer = yield document_request(url)
        if answer.status == 200 and _is_json_object(answer.body):
            return parse_metadata(issuer, answer.body)
        failures.append(f"{url} answered {answer.status} without metadata")
    raise DiscoveryError("; ".join(failures))


def _is_json_object(body: bytes) -> bool:
    """A site that answers every path with its start page has no metadata there; look in the next place."""
    try:
        json_object(body)
    except ValueError:
        return False
    return True


def parse_metadata(issuer: str, body: bytes) -> Provider:
    """Read a metadata document of this issuer; raises ``DiscoveryError``. Spec: RFC 8414 §3.2; RFC 8414 §3.3"""
    try:
        metadata = msgspec.json.decode(body, type=AuthorizationServerMetadata)
    except (ValueError, RecursionError):
        raise DiscoveryError("the metadata has fields of the wrong type") from None
    if metadata.issuer != issuer:
        # A document that speaks for another issuer is how one server passes for another (mix-up). RFC 8414 §3.3
        raise DiscoveryError(f"asked for issuer {issuer!r}, the metadata is about {printable(metadata.issuer)!r}")
    try:
        return Provider.from_metadata(metadata)
    except ValueError as error:
        raise DiscoveryError(str(error)) from None
