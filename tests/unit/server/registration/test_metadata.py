"""The registration document: every field of it has a place in the record, and no document breaks the reader."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.oauth.errors import InvalidClientMetadata, InvalidRedirectUri
from lingpai.oauth.metadata import ClientMetadata
from lingpai.oauth.scope import parse_scope
from lingpai.server.registration.ceiling import Ceiling, grant_types_for
from lingpai.server.registration.metadata import read_metadata, write_metadata
from lingpai.server.registration.rules import check
from lingpai.server.storage.records import Client

CEILING = Ceiling(
    scope=parse_scope("openid profile"),
    grant_types=("authorization_code", "refresh_token", "implicit"),
    auth_methods=("client_secret_basic", "none"),
    id_token_algs=("ES256", "RS256", "EdDSA"),
    encryption_algs=("RSA-OAEP",),
    encryption_encs=("A128CBC-HS256", "A256GCM"),
)
FIELDS = ClientMetadata.__struct_fields__

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
uris = st.sampled_from(["https://a.example/cb", "http://localhost/cb", "x:y", "https://a.example/#f", "https://["])


def allowed(document: dict[str, Any]) -> ClientMetadata | None:
    """What of it would be registered, or ``None`` if it is refused."""
    try:
        return check(read_metadata(document, CEILING), CEILING)
    except (InvalidClientMetadata, InvalidRedirectUri):
        return None


documents = st.dictionaries(st.sampled_from(FIELDS), values | uris | st.lists(uris, max_size=3))


def test_every_registered_name_is_a_field_of_the_record_with_the_same_type() -> None:
    record = {field.name: field.type for field in msgspec.structs.fields(Client)}
    assert {field.name: field.type for field in msgspec.structs.fields(ClientMetadata)}.items() <= record.items()


@given(documents)
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    metadata = allowed(document)
    if metadata is None:
        return
    assert set(metadata.grant_types) <= set(CEILING.grant_types)
    assert set(metadata.response_types) <= set(CEILING.response_types)
    assert set(grant_types_for(metadata.response_types)) <= set(metadata.grant_types)
    assert parse_scope(metadata.scope) <= CEILING.scope


@given(documents)
def test_what_is_written_is_read_as_the_same(document: dict[str, Any]) -> None:
    metadata = allowed(document)
    if metadata is None:
        return
    client = Client(client_id="c", **(msgspec.structs.asdict(metadata) | {"client_name": metadata.client_name or "c"}))
    written = msgspec.json.decode(msgspec.json.encode(write_metadata(client)))
    again = read_metadata(written, CEILING)
    assert msgspec.structs.replace(again, client_name="") == msgspec.structs.replace(metadata, client_name="")


@pytest.mark.spec("OpenID Connect Dynamic Client Registration 1.0", "2", "the default enc is A128CBC-HS256")
@pytest.mark.parametrize("what", ["id_token", "userinfo"])
def test_encryption_without_enc_has_the_default_one(what: str) -> None:
    document = {
        "redirect_uris": ["https://a.example/"],
        "jwks_uri": "https://a.example/jwks",
        f"{what}_encrypted_response_alg": "RSA-OAEP",
    }
    metadata = check(read_metadata(document, CEILING), CEILING)
    assert getattr(metadata, f"{what}_encrypted_response_enc") == "A128CBC-HS256"
    document[f"{what}_encrypted_response_enc"] = "A192GCM"
    with pytest.raises(InvalidClientMetadata, match=f"{what}_encrypted_response_enc"):
        check(read_metadata(document, CEILING), CEILING)


def test_without_a_key_for_rs256_the_default_is_the_one_there_is() -> None:
    ceiling = msgspec.structs.replace(CEILING, id_token_algs=("ES256",))
    assert read_metadata({}, ceiling).id_token_signed_response_alg == "ES256"


@pytest.mark.parametrize(
    ("grant_types", "allow_legacy", "response_types"),
    [
        (("authorization_code",), False, {"code"}),
        (("refresh_token",), True, set()),
        (("implicit",), False, {"id_token"}),
        (("implicit",), True, {"id_token", "token", "id_token token"}),
        (("authorization_code", "implicit"), False, {"code", "id_token", "code id_token"}),
    ],
)
def test_response_types_follow_from_grant_types(
    grant_types: tuple[str, ...], allow_legacy: bool, response_types: set[str]
) -> None:
    ceiling = msgspec.structs.replace(CEILING, grant_types=grant_types, allow_legacy=allow_legacy)
    assert set(ceiling.response_types) == response_types
