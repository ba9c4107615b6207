"""Authlib: code with PKCE, its own validation of the ID Token, and what else its session can do."""

from typing import Any

import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.interop.provider import CALLBACK, SCOPE, SECRET, Person, Provider


def session_of(provider: Provider, client_id: str, secret: object = SECRET, **options: Any) -> OAuth2Session:
    session = OAuth2Session(client_id, secret, redirect_uri=CALLBACK, code_challenge_method="S256", **options)
    provider.open(session)
    return session


async def sign_in(provider: Provider, person: Person, session: OAuth2Session, **params: str) -> dict[str, Any]:
    metadata, verifier = provider.metadata(), generate_token(48)
    endpoint = metadata["authorization_endpoint"]
    url, state = session.create_authorization_url(endpoint, code_verifier=verifier, **params)
    tokens: dict[str, Any] = session.fetch_token(
        metadata["token_endpoint"],
        authorization_response=await person.allow(url),
        state=state,
        code_verifier=verifier,
    )
    return tokens


@pytest.mark.parametrize(
    ("client_id", "method"), [("web", "client_secret_basic"), ("post", "client_secret_post")], ids=["basic", "post"]
)
async def test_the_life_of_a_sign_in(provider: Provider, person: Person, client_id: str, method: str) -> None:
    metadata = provider.metadata()
    session = session_of(provider, client_id, scope=SCOPE, token_endpoint_auth_method=method)
    tokens = await sign_in(provider, person, session, nonce="n-0S6")

    decoded = jwt.decode(tokens["id_token"], KeySet.import_key_set(provider.jwks()), algorithms=["RS256", "ES256"])
    options = {"iss": {"values": [provider.issuer]}, "aud": {"values": [client_id]}}
    params = {"nonce": "n-0S6", "client_id": client_id, "access_token": tokens["access_token"]}
    id_token = CodeIDToken(decoded.claims, decoded.header, options, params)
    id_token.validate(leeway=5)
    assert session.get(metadata["userinfo_endpoint"]).json()["sub"] == id_token["sub"]

    refreshed = session.refresh_token(metadata["token_endpoint"], refresh_token=tokens["refresh_token"])
    assert refreshed["access_token"] != tokens["access_token"]
    access_token = refreshed["access_token"]
    assert session.introspect_token(metadata["introspection_endpoint"], token=access_token).json()["active"] is True
    assert session.revoke_token(metadata["revocation_endpoint"], token=refreshed["refresh_token"]).status_code == 200
    assert session.introspect_token(metadata["introspection_endpoint"], token=access_token).json() == {"active": False}
    assert session.get(metadata["userinfo_endpoint"]).status_code == 401


def test_a_client_for_itself(provider: Provider) -> None:
    session = session_of(provider, "service", scope="api:read")
    tokens = session.fetch_token(provider.metadata()["token_endpoint"], grant_type="client_credentials")
    claims = jwt.decode(tokens["access_token"], KeySet.import_key_set(provider.jwks()), algorithms=["ES256"]).claims
    assert (claims["client_id"], claims["scope"]) == ("service", "api:read")


def test_a_client_that_has_a_key(provider: Provider) -> None:
    endpoint = provider.metadata()["token_endpoint"]
    method = PrivateKeyJWT(endpoint, headers={"kid": "holder-1"}, alg="ES256")
    session = session_of(provider, "keyholder", provider.key, scope="api:read", token_endpoint_auth_method=method)
    assert session.fetch_token(endpoint, grant_type="client_credentials")["access_token"]
