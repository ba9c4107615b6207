"""requests-oauth2client: the strict one. It validates iss and ID Tokens, pushes requests, proves possession."""

from typing import Any

import httpx2
import pytest
import requests
from requests_oauth2client import (
    AuthorizationPending,
    BearerToken,
    ClientSecretBasic,
    DPoPToken,
    IdToken,
    InvalidGrant,
    OAuth2Client,
)

from tests.interop.provider import ACCESS_TOKEN, CALLBACK, PRINTERS, SCOPE, SECRET, Person, Provider


def client_of(provider: Provider, client_id: str = "web", id_token_alg: str = "RS256") -> OAuth2Client:
    session = requests.Session()
    provider.open(session)
    metadata = provider.metadata()
    return OAuth2Client.from_discovery_document(
        metadata,
        issuer=provider.issuer,
        auth=ClientSecretBasic(client_id, SECRET),
        redirect_uri=CALLBACK,
        session=session,
        authorization_server_jwks=provider.jwks(),
        id_token_signed_response_alg=id_token_alg,
        device_authorization_endpoint=metadata["device_authorization_endpoint"],
    )


async def sign_in(client: OAuth2Client, person: Person, **params: Any) -> BearerToken:
    request = client.authorization_request(**({"scope": SCOPE} | params))
    return client.authorization_code(request.validate_callback(await person.allow(str(request))))


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_the_life_of_a_sign_in(provider: Provider, person: Person, alg: str) -> None:
    client = client_of(provider, "web" if alg == "RS256" else "es256", alg)
    tokens = await sign_in(client, person)
    assert isinstance(tokens.id_token, IdToken), "its signature, iss, aud, nonce, at_hash and times were checked"
    assert client.userinfo(tokens)["sub"] == tokens.id_token.sub

    refreshed = client.refresh_token(tokens)
    assert refreshed.access_token != tokens.access_token
    assert client.introspect_token(refreshed)["active"] is True
    assert client.revoke_token(refreshed.access_token, token_type_hint="access_token")
    assert client.introspect_token(refreshed)["active"] is False
    assert client.revoke_refresh_token(refreshed)
    with pytest.raises(InvalidGrant):
        client.refresh_token(refreshed)


async def test_a_pushed_request(provider: Provider, person: Person) -> None:
    client = client_of(provider)
    request = client.authorization_request(scope="openid profile")
    pushed = client.pushed_authorization_request(request)
    callback = await person.allow(str(pushed))
    assert client.authorization_code(request.validate_callback(callback)).scope == "openid profile"


async def test_tokens_bound_to_a_key(provider: Provider, person: Person) -> None:
    client = client_of(provider)
    request = client.authorization_request(scope="openid offline_access", dpop=True, dpop_alg="ES256")
    callback = request.validate_callback(await person.allow(str(request)))
    # Validating the ID Token makes this version of the library forget the key.
    tokens = client.authorization_code(callback, validate=False)
    assert isinstance(tokens, DPoPToken)
    assert client.userinfo(tokens)["sub"]
    assert client.introspect_token(tokens)["cnf"]["jkt"] == tokens.dpop_key.dpop_jkt
    bare = httpx2.get(
        provider.metadata()["userinfo_endpoint"],
        headers={"authorization": f"Bearer {tokens.access_token}"},
        verify=provider.context(),
        timeout=10,
    )
    assert bare.status_code == 401


async def test_a_device(provider: Provider, person: Person) -> None:
    client = client_of(provider)
    waiting = client.authorize_device(scope="openid")
    with pytest.raises(AuthorizationPending):
        client.device_code(waiting)
    device = client.authorize_device(scope="openid profile")
    assert device.verification_uri_complete
    await person.allow_device(device.verification_uri_complete)
    assert client.device_code(device).scope == "openid profile"
    with pytest.raises(InvalidGrant):
        client.device_code(device)


async def test_a_service_exchanges_a_token_for_the_next_one(provider: Provider, person: Person) -> None:
    theirs = await sign_in(client_of(provider), person, scope="api:read print")
    exchanged = client_of(provider, "service").token_exchange(
        subject_token=theirs.access_token, subject_token_type=ACCESS_TOKEN, resource=PRINTERS
    )
    assert exchanged.scope == "print"
    claims = client_of(provider, "printers").introspect_token(exchanged)
    assert (claims["active"], claims["aud"], claims["act"]["sub"]) == (True, PRINTERS, "service")


def test_a_client_for_itself(provider: Provider) -> None:
    client = client_of(provider, "service")
    tokens = client.client_credentials(scope="print", resource=PRINTERS)
    assert tokens.scope == "print"
    assert client_of(provider, "printers").introspect_token(tokens)["aud"] == PRINTERS
