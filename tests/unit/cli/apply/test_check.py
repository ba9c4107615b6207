from typing import Any

import pytest

from lingpai.cli.apply.check import Known, check_document
from lingpai.cli.apply.document import ACCOUNTS, CLIENTS, RESOURCES, SCOPES, TRUSTED_ISSUERS, Document, Entry, Kind
from lingpai.crypto.jwk import generate_private_key, public_jwk

CLIENT = {"client_id": "print", "client_name": "Print", "redirect_uris": ("https://print.example/cb",)}
ACCOUNT = {"username": "zhangsan"}
SCOPE = {"name": "list_album", "descriptions": {"en": "See", "zh_CN": "看"}}
RESOURCE = {"resource": "https://photos.example.com"}
JWKS = {"keys": [public_jwk(generate_private_key("ES256"), kid="one", alg="ES256")]}
ISSUER = {"issuer": "https://partner.example", "jwks_uri": "https://partner.example/jwks"}
BY_KEY = CLIENT | {"token_endpoint_auth_method": "private_key_jwt", "jwks": JWKS}
BY_MAC = CLIENT | {"token_endpoint_auth_method": "client_secret_jwt", "client_secret": "x" * 64}
KNOWN = Known(frozenset({"openid", "list_album"}), frozenset({"https://api.example"}), frozenset({"photos"}))


def _id(value: object) -> str:
    return value.table if isinstance(value, Kind) else value if isinstance(value, str) else ""


def check(kind: Kind, values: dict[str, Any], known: Known = KNOWN) -> list[str]:
    document = Document([Entry(kind, 0, values)], {}, [])
    check_document(document, known)
    return [str(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (CLIENTS, CLIENT),
        (CLIENTS, CLIENT | {"client_secret": "x" * 16, "scope": "openid  list_album", "required_scope": "openid"}),
        (CLIENTS, CLIENT | {"token_endpoint_auth_method": "none", "application_type": "native"}),
        (CLIENTS, {"client_id": "job", "client_name": "Job", "grant_types": ("client_credentials",)}),
        (CLIENTS, CLIENT | {"legacy": True, "grant_types": ("implicit", "password"), "response_types": ("token",)}),
        (CLIENTS, CLIENT | {"grant_lifetimes": ("once", "1d"), "default_grant_lifetime": "1d"}),
        (ACCOUNTS, ACCOUNT | {"password": "12345678", "picture": "http://localhost:5000/a.png", "email": "a@b"}),
        (ACCOUNTS, ACCOUNT | {"password_hash": "$argon2id$v=19$x", "locale": "zh-CN", "claims": {"nickname": "x"}}),
        (SCOPES, SCOPE | {"resource": "https://api.example", "claims": ("name",)}),
        (RESOURCES, RESOURCE | {"client_ids": ("photos",), "name": "Photos"}),
        (RESOURCES, {"resource": "urn:photos"}),
        (CLIENTS, BY_KEY),
        (CLIENTS, BY_KEY | {"jwks": None, "jwks_uri": "https://print.example/jwks?v=1"}),
        (CLIENTS, BY_KEY | {"jwks": None, "jwks_uri": "http://localhost:3000/jwks"}),
        (CLIENTS, BY_KEY | {"token_endpoint_auth_signing_alg": "ES256"}),
        (CLIENTS, BY_MAC | {"token_endpoint_auth_signing_alg": "HS512"}),
        (TRUSTED_ISSUERS, ISSUER),
        (TRUSTED_ISSUERS, {"issuer": "partner", "jwks": JWKS, "client_ids": ("photos",), "scope": "list_album"}),
    ],
    ids=_id,
)
def test_what_is_right_is_not_refused(kind: Kind, values: dict[str, Any]) -> None:
    assert check(kind, values) == []


@pytest.mark.parametrize(
    ("kind", "values", "message"),
    [
        (CLIENTS, CLIENT | {"client_id": "a b"}, "client_id: must be 1 to 128 visible"),
        (CLIENTS, CLIENT | {"client_name": "\x1b[31m"}, "client_name: must be 1 to 100"),
        (CLIENTS, CLIENT | {"client_name": "a\u202eb"}, "client_name: must be 1 to 100"),
        (CLIENTS, CLIENT | {"client_secret": "short"}, "client_secret: must be 16 to 256"),
        (CLIENTS, CLIENT | {"client_secret": "密" * 20}, "client_secret: must be 16 to 256"),
        (
            CLIENTS,
            CLIENT | {"client_secret": "x" * 20, "token_endpoint_auth_method": "none"},
            "client_secret: a client of this method has no secret",
        ),
        (CLIENTS, CLIENT | {"token_endpoint_auth_method": "secret_basic"}, "token_endpoint_auth_method: there is no"),
        (CLIENTS, CLIENT | {"redirect_uris": ("https://a/", "http://a.example/")}, "redirect_uris[1]: must be https"),
        (CLIENTS, CLIENT | {"redirect_uris": ("javascript:alert(1)",)}, "redirect_uris[0]: "),
        (CLIENTS, CLIENT | {"redirect_uris": ("https://a/",) * 2}, "redirect_uris[1]: is in the list already"),
        (CLIENTS, CLIENT | {"redirect_uris": ()}, "redirect_uris is missing"),
        (CLIENTS, CLIENT | {"grant_types": ("code",)}, "grant_types[0]: there is no such grant type"),
        (CLIENTS, CLIENT | {"grant_types": ("password",)}, "grant_types[0]: password is unsafe (RFC 9700)"),
        (CLIENTS, CLIENT | {"response_types": ("token",)}, "response_types[0]: token is unsafe (RFC 9700)"),
        (
            CLIENTS,
            CLIENT | {"token_endpoint_auth_method": "none", "grant_types": ("client_credentials",)},
            "grant_types[0]: client_credentials is for clients that authenticate",
        ),
        (CLIENTS, CLIENT | {"scope": 'a"b'}, "scope: scope has a character"),
        (CLIENTS, CLIENT | {"scope": "openid", "required_scope": "list_album"}, "required_scope: list_album is not in"),
        (CLIENTS, CLIENT | {"scope": "list_albm"}, "scope: there is no scope list_albm; did you mean list_album?"),
        (CLIENTS, CLIENT | {"logo_uri": "javascript:alert(1)"}, "logo_uri: must be an http or https address"),
        (CLIENTS, CLIENT | {"client_uri": "http://[::1"}, "client_uri: must be an http or https address"),
        (CLIENTS, CLIENT | {"response_types": ("cod",)}, "response_types[0]: there is no such response type; did you"),
        (CLIENTS, CLIENT | {"jwks": {"keys": []}, "jwks_uri": "https://a/"}, "jwks_uri: give jwks or jwks_uri"),
        (CLIENTS, CLIENT | {"resources": ("urn:x",)}, "resources[0]: there is no resource server urn:x"),
        (CLIENTS, CLIENT | {"may_act": ("photo",)}, "may_act[0]: there is no client photo; did you mean photos?"),
        (CLIENTS, CLIENT | {"grant_lifetimes": ()}, "grant_lifetimes: must list at least one"),
        (CLIENTS, CLIENT | {"grant_lifetimes": ("once",)}, "default_grant_lifetime: must be one of"),
        (CLIENTS, CLIENT | {"access_token_lifetime_s": 0}, "access_token_lifetime_s: must be from 10 seconds"),
        (CLIENTS, CLIENT | {"dialects": ("qqq",)}, "dialects[0]: there is no such dialect"),
        (ACCOUNTS, {"username": " "}, "username: a username must not be empty"),
        (ACCOUNTS, ACCOUNT | {"password": "short"}, "password: must have 8 to 256"),
        (
            ACCOUNTS,
            ACCOUNT | {"password": "12345678", "password_hash": "$argon2id$"},
            "password_hash: give password or",
        ),
        (
            ACCOUNTS,
            ACCOUNT | {"password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"},
            "password_hash: must be an argon2id",
        ),
        (ACCOUNTS, ACCOUNT | {"name": "a\nb"}, "name: must be 1 to 100"),
        (ACCOUNTS, ACCOUNT | {"picture": "data:image/png,x"}, "picture: must be an http or https"),
        (ACCOUNTS, ACCOUNT | {"email": "zhangsan"}, "email: must be an address"),
        (ACCOUNTS, ACCOUNT | {"locale": "中文"}, "locale: must be a language tag"),
        (ACCOUNTS, ACCOUNT | {"claims": {"sub": "other"}}, "claims.sub: has its own place"),
        (SCOPES, SCOPE | {"name": "a b"}, "name: must be 1 to 100"),
        (SCOPES, SCOPE | {"name": ""}, "name: must be 1 to 100"),
        (SCOPES, SCOPE | {"descriptions": {}}, "descriptions: what do people read beside the checkbox"),
        (
            SCOPES,
            SCOPE | {"descriptions": {"zh-CN": "x"}},
            "descriptions.zh-CN: there is no such language; did you mean",
        ),
        (SCOPES, SCOPE | {"descriptions": {"en": " "}}, "descriptions.en: must be 1 to 300"),
        (SCOPES, SCOPE | {"resource": "https://nowhere"}, "resource: there is no resource server https://nowhere"),
        (RESOURCES, {"resource": "photos"}, "resource: must be an absolute URI"),
        (RESOURCES, {"resource": "https://a/#b"}, "resource: must be an absolute URI"),
        (
            RESOURCES,
            RESOURCE | {"client_ids": ("photo",)},
            "client_ids[0]: there is no client photo; did you mean photos?",
        ),
        (RESOURCES, RESOURCE | {"access_token_lifetime_s": -1}, "access_token_lifetime_s: must be from"),
        (CLIENTS, BY_KEY | {"jwks": None}, "jwks or jwks_uri is missing"),
        (CLIENTS, BY_KEY | {"jwks": {"keys": []}}, "jwks: has no key"),
        (CLIENTS, BY_KEY | {"jwks": {"keys": [{"kty": "oct", "k": "cw"}]}}, "jwks: is not a set of public keys"),
        (CLIENTS, BY_KEY | {"client_secret": "x" * 64}, "client_secret: a client of this method has no secret"),
        (CLIENTS, BY_KEY | {"jwks": None, "jwks_uri": "http://print.example/jwks"}, "jwks_uri: must be https"),
        (CLIENTS, BY_KEY | {"jwks": None, "jwks_uri": "https://127.1/jwks"}, "jwks_uri: must have a host name"),
        (
            CLIENTS,
            BY_KEY | {"token_endpoint_auth_signing_alg": "HS256"},
            "token_endpoint_auth_signing_alg: does not go with private_key_jwt",
        ),
        (
            CLIENTS,
            BY_MAC | {"token_endpoint_auth_signing_alg": "none"},
            "token_endpoint_auth_signing_alg: does not go with client_secret_jwt",
        ),
        (CLIENTS, BY_MAC | {"client_secret": "x" * 31}, "client_secret: must be 32 to 256"),
        (
            CLIENTS,
            BY_MAC | {"client_secret": "x" * 63, "token_endpoint_auth_signing_alg": "HS512"},
            "client_secret: must be 64 to 256",
        ),
        (TRUSTED_ISSUERS, ISSUER | {"issuer": "a b"}, "issuer: must be the iss"),
        (TRUSTED_ISSUERS, ISSUER | {"issuer": ""}, "issuer: must be the iss"),
        (TRUSTED_ISSUERS, {"issuer": "partner"}, "jwks or jwks_uri is missing"),
        (TRUSTED_ISSUERS, ISSUER | {"jwks": JWKS}, "jwks_uri: give jwks or jwks_uri"),
        (TRUSTED_ISSUERS, ISSUER | {"jwks_uri": "http://partner.example/"}, "jwks_uri: must be https"),
        (TRUSTED_ISSUERS, ISSUER | {"client_ids": ("photo",)}, "client_ids[0]: there is no client photo"),
        (TRUSTED_ISSUERS, ISSUER | {"scope": "list_albm"}, "scope: there is no scope list_albm"),
        (TRUSTED_ISSUERS, ISSUER | {"scope": 'a"b'}, "scope: scope has a character"),
    ],
    ids=_id,
)
def test_what_is_wrong_is_refused_at_its_field(kind: Kind, values: dict[str, Any], message: str) -> None:
    found = check(kind, values)
    assert [line.startswith((f"{kind.table}[0].{message}", f"{kind.table}[0]: {message}")) for line in found] == [True]


def test_entries_of_one_file_may_refer_to_each_other() -> None:
    document = Document(
        [
            Entry(RESOURCES, 0, {"resource": "urn:api", "client_ids": ("print",)}),
            Entry(SCOPES, 0, SCOPE | {"resource": "urn:api"}),
            Entry(CLIENTS, 0, CLIENT | {"scope": "list_album"}),
        ],
        {},
        [],
    )
    assert check_document(document, Known()) == []
    assert document.problems == []


def test_a_description_in_one_language_only_is_warned_about() -> None:
    document = Document([Entry(SCOPES, 0, SCOPE | {"descriptions": {"en": "See"}})], {}, [])
    assert check_document(document, Known()) == ["scopes[0] list_album: no description in zh_CN"]
    assert document.problems == []


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        (CLIENTS, CLIENT | {"id_token_signed_response_alg": "PS256"}, "id_token_signed_response_alg"),
        (CLIENTS, CLIENT | {"userinfo_signed_response_alg": "none"}, "userinfo_signed_response_alg"),
        (RESOURCES, RESOURCE | {"access_token_signing_alg": "PS256"}, "access_token_signing_alg"),
    ],
    ids=_id,
)
def test_a_signature_no_key_makes_is_refused(kind: Kind, values: dict[str, Any], field: str) -> None:
    refused = check(kind, values, Known(signing_algs=("ES256", "RS256")))
    assert refused == [f"{kind.table}[0].{field}: there is no key for it; signing_algs has ES256, RS256"]
