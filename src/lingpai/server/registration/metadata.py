"""The registration document: reading what a client sent, with the defaults it left out, and writing what it got. Pure.

Owns types, defaults and spelling. Leaves what may be registered to ``ceiling`` and ``rules``. Names nobody knows are
ignored, ours among them.

Spec: RFC 7591 §2; RFC 7591 §2.1; RFC 7591 §3.2.1; OpenID Connect Dynamic Client Registration 1.0 §2
"""

import re
from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from lingpai.oauth.errors import InvalidClientMetadata
from lingpai.oauth.metadata import ClientMetadata
from lingpai.oauth.names import AUTHORIZATION_CODE
from lingpai.server.registration.ceiling import Ceiling, grant_types_for
from lingpai.server.storage.records import Client
from lingpai.server.tokens.keyring import default_id_token_alg

_TEXT_LIMIT_CHARS = 2048
_LIST_LIMIT = 50
_PLACE = re.compile(r" - at `\$\.([a-z_]+)(?:\[(?:\.\.\.|\d+)\])?`\Z")
_FIELDS = ClientMetadata.__struct_fields__
_ALWAYS_SAID = frozenset({"grant_types", "response_types"})
"""Left out, they would mean their defaults."""


def read_metadata(document: Mapping[str, object], ceiling: Ceiling) -> ClientMetadata:
    """What the document asks for, nothing of it allowed yet. Raises ``InvalidClientMetadata``.

    ``null`` and empty values count as left out (RFC 7592 §2.2).
    """
    said = {name: value for name, value in document.items() if name in _FIELDS and value not in (None, "", [])}
    try:
        metadata = msgspec.convert(said, ClientMetadata)
    except msgspec.ValidationError as error:
        raise InvalidClientMetadata(_describe(error)) from error
    _check_sizes(metadata)
    return _with_defaults(metadata, said, ceiling)


def write_metadata(client: Client) -> dict[str, object]:
    """Everything that is registered, defaults included. Spec: RFC 7591 §3.2.1"""
    registered = {name: getattr(client, name) for name in _FIELDS}
    return {name: value for name, value in registered.items() if name in _ALWAYS_SAID or value not in ("", (), None)}


def _with_defaults(metadata: ClientMetadata, said: Mapping[str, object], ceiling: Ceiling) -> ClientMetadata:
    # In whatever order the words were sent, they mean the same (OAuth 2.0 Multiple Response Types §4).
    response_types = tuple(dict.fromkeys(" ".join(sorted(name.split())) for name in metadata.response_types))
    grant_types = tuple(dict.fromkeys(metadata.grant_types))
    if "response_types" not in said:
        response_types = ("code",) if AUTHORIZATION_CODE in grant_types else ()
    elif "grant_types" not in said:
        grant_types = grant_types_for(response_types)
    alg = metadata.id_token_signed_response_alg or default_id_token_alg(ceiling.id_token_algs)
    return replace(
        metadata,
        redirect_uris=tuple(dict.fromkeys(metadata.redirect_uris)),
        grant_types=grant_types,
        response_types=response_types,
        # Real clients send line breaks and several spaces.
        scope=" ".join(metadata.scope.split()) or str(ceiling.scope),
        id_token_signed_response_alg=alg,
        **_default_encs(metadata),
    )


def _default_encs(metadata: ClientMetadata) -> dict[str, str]:
    """Spec: OpenID Connect Dynamic Client Registration 1.0 §2"""
    encs = {}
    for what in ("id_token", "userinfo"):
        alg, enc = (getattr(metadata, f"{what}_encrypted_response_{part}") for part in ("alg", "enc"))
        if enc and not alg:
            raise InvalidClientMetadata(f"{what}_encrypted_response_enc needs {what}_encrypted_response_alg")
        if alg and not enc:
            encs[f"{what}_encrypted_response_enc"] = "A128CBC-HS256"
    return encs


def _check_sizes(metadata: ClientMetadata) -> None:
    for name, text in _texts(metadata):
        if len(text) > _TEXT_LIMIT_CHARS:
            raise InvalidClientMetadata(f"{name} is longer than {_TEXT_LIMIT_CHARS} characters")


def _texts(metadata: ClientMetadata) -> Iterator[tuple[str, str]]:
    for name in _FIELDS:
        value = getattr(metadata, name)
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, tuple):
            if len(value) > _LIST_LIMIT:
                raise InvalidClientMetadata(f"{name} has more than {_LIST_LIMIT} entries")
            yield from ((name, entry) for entry in value)


def _describe(error: msgspec.ValidationError) -> str:
    """Names the field; what was sent is not repeated: an error description cannot hold every character."""
    message = str(error)
    place = _PLACE.search(message)
    field = place[1] if place else "the document"
    if not message.startswith("Expected `"):
        return f"{field} has a value that is not registered for it"
    return f"{field}: {message.partition(' - at ')[0].replace('`', '')}"
