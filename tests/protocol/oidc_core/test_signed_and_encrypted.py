"""UserInfo signed, ID Tokens and UserInfo encrypted, for applications that registered for it."""

import json
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

from lingpai.crypto.jwe import ALGS, ENCS
from tests.foreign_web import ForeignWeb, hang, send_json
from tests.openid import APP, CORE, add_app, header_of, open_request, sign_in, userinfo, verified
from tests.world import ISSUER, Ask, World

RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "enc"})
CURVES = {name: ECKey.generate_key(name, {"kid": name, "use": "enc"}) for name in ("P-256", "P-384", "P-521")}
X25519 = OKPKey.generate_key("X25519", {"kid": "x", "use": "enc"})
KEYS: dict[str, Any] = {alg: RSA if alg.startswith("RSA") else CURVES["P-256"] for alg in ALGS}


def jwks(*keys: Any) -> dict[str, object]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def decrypt(text: str, key: Any) -> bytes:
    opened = jwe.decrypt_compact(text, key, algorithms=[*ALGS, *ENCS]).plaintext
    assert opened is not None
    return opened


@pytest.mark.spec(CORE, "5.3.2", "signed UserInfo is application/jwt with iss and aud")
async def test_userinfo_is_signed_for_whoever_asked_for_that(world: World) -> None:
    await add_app(world, userinfo_signed_response_alg="ES256")
    signed_in = await sign_in(world)
    response = await userinfo(world, signed_in.access_token)
    assert response.headers["content-type"] == "application/jwt"
    assert response.headers["cache-control"] == "no-store"
    claims = await verified(world, response.text)
    assert claims == {"iss": ISSUER, "aud": APP, "sub": signed_in.claims["sub"]}


async def test_signed_userinfo_does_not_pass_for_an_id_token(world: World) -> None:
    await add_app(world, userinfo_signed_response_alg="ES256")
    signed_in = await sign_in(world)
    text = (await userinfo(world, signed_in.access_token)).text
    browser = await open_request(world, signed_in.browser, prompt="none", id_token_hint=text)
    assert browser.sent_to["error"] == "invalid_request"


@pytest.mark.spec(CORE, "10.2", "an ID Token is signed and then encrypted")
@pytest.mark.spec(CORE, "16.14", "signed before it is encrypted")
@pytest.mark.parametrize("alg", ALGS)
@pytest.mark.parametrize("enc", ["", *ENCS])
async def test_an_id_token_is_encrypted_with_every_algorithm_named(world: World, alg: str, enc: str) -> None:
    fields = {"id_token_encrypted_response_alg": alg, "id_token_encrypted_response_enc": enc}
    await add_app(world, jwks=jwks(KEYS[alg]), **fields)
    token = (await sign_in(world)).tokens["id_token"]
    header = header_of(token)
    assert (header["alg"], header["enc"], header["cty"]) == (alg, enc or "A128CBC-HS256", "JWT")
    assert header["kid"] == KEYS[alg].kid
    claims = await verified(world, decrypt(token, KEYS[alg]).decode())
    assert (claims["aud"], claims["nonce"]) == (APP, "n-0S6")


@pytest.mark.parametrize("key", [*CURVES.values(), X25519], ids=[*CURVES, "X25519"])
async def test_every_curve_works(world: World, key: Any) -> None:
    await add_app(world, jwks=jwks(key), id_token_encrypted_response_alg="ECDH-ES+A128KW")
    token = (await sign_in(world)).tokens["id_token"]
    assert (await verified(world, decrypt(token, key).decode()))["aud"] == APP


async def test_the_one_in_the_front_channel_is_encrypted_too(world: World) -> None:
    fields: dict[str, Any] = {"id_token_encrypted_response_alg": "ECDH-ES", "jwks": jwks(CURVES["P-256"])}
    await add_app(world, legacy=True, **fields)
    answer = (await sign_in(world, response_type="code id_token")).answer
    assert "c_hash" in await verified(world, decrypt(answer["id_token"], CURVES["P-256"]).decode())


async def test_a_refreshed_one_is_encrypted_too(world: World) -> None:
    await add_app(world, id_token_encrypted_response_alg="RSA-OAEP-256", jwks=jwks(RSA))
    tokens = (await sign_in(world, scope="openid offline_access")).tokens
    again = await world.refresh(tokens["refresh_token"], client=APP)
    claims = await verified(world, decrypt(again.json()["id_token"], RSA).decode())
    assert claims["aud"] == APP


@pytest.mark.spec(CORE, "5.3.2", "encrypted UserInfo is application/jwt")
@pytest.mark.parametrize("signed", ["", "ES256"], ids=["only encrypted", "signed and encrypted"])
async def test_userinfo_is_encrypted(world: World, signed: str) -> None:
    fields = {"userinfo_encrypted_response_alg": "RSA-OAEP", "userinfo_encrypted_response_enc": "A256GCM"}
    await add_app(world, jwks=jwks(RSA), userinfo_signed_response_alg=signed, **fields)
    signed_in = await sign_in(world)
    response = await userinfo(world, signed_in.access_token)
    assert response.headers["content-type"] == "application/jwt"
    assert header_of(response.text).get("cty") == ("JWT" if signed else None)
    content = decrypt(response.text, RSA)
    claims = await verified(world, content.decode()) if signed else json.loads(content)
    assert claims["sub"] == signed_in.claims["sub"]


async def test_the_key_may_be_at_an_address(world: World) -> None:
    async with ForeignWeb.open() as web:
        web.answer = send_json(jwks(X25519, RSA))
        await add_app(world, jwks_uri=web.url(), id_token_encrypted_response_alg="RSA-OAEP")
        token = (await sign_in(world)).tokens["id_token"]
    assert (await verified(world, decrypt(token, RSA).decode()))["aud"] == APP


async def code_of(world: World) -> tuple[Ask, str]:
    ask = Ask(world, APP, scope="openid")
    return ask, (await ask.allow(world.browser()))["code"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"jwks": jwks(RSA)}, id="a key of another kind"),
        pytest.param({}, id="no keys"),
        pytest.param({"jwks": {"keys": [{**RSA.as_dict(private=False), "use": "sig"}]}}, id="a key for signatures"),
        pytest.param({"jwks": {"keys": [{**CURVES["P-256"].as_dict(private=True)}]}}, id="a published private key"),
    ],
)
async def test_without_a_key_the_refusal_comes_before_the_code_is_spent(world: World, fields: dict[str, Any]) -> None:
    await add_app(world, id_token_encrypted_response_alg="ECDH-ES", **fields)
    ask, code = await code_of(world)
    refused = await ask.redeem(code, client=APP)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert "ECDH-ES" in refused.json()["error_description"]
    await add_app(world, id_token_encrypted_response_alg="ECDH-ES", jwks=jwks(CURVES["P-256"]))
    assert (await ask.redeem(code, client=APP)).status_code == 200


async def test_keys_that_cannot_be_had_are_a_matter_of_trying_again(world: World) -> None:
    async with ForeignWeb.open() as web:
        web.answer = hang
        address = web.url()
    await add_app(world, jwks_uri=address, id_token_encrypted_response_alg="RSA-OAEP")
    ask, code = await code_of(world)
    refused = await ask.redeem(code, client=APP)
    assert (refused.status_code, refused.json()["error"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize("alg", ["RSA1_5", "dir", "A128KW", "none", "PBES2-HS256+A128KW"])
async def test_an_algorithm_that_is_not_here_is_refused_and_nothing_goes_out_in_clear(world: World, alg: str) -> None:
    await add_app(world, jwks=jwks(RSA), userinfo_encrypted_response_alg=alg, id_token_encrypted_response_alg=alg)
    ask, code = await code_of(world)
    assert (await ask.redeem(code, client=APP)).json()["error"] == "invalid_request"
    await add_app(world, jwks=jwks(RSA), userinfo_encrypted_response_alg=alg)
    response = await userinfo(world, (await sign_in(world)).access_token)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.spec("OpenID Connect Discovery 1.0", "3", "the algorithms named are those that work")
async def test_the_metadata_names_what_these_tests_show(world: World) -> None:
    document = (await world.http.get("/.well-known/openid-configuration")).json()
    for what in ("id_token", "userinfo"):
        assert document[f"{what}_encryption_alg_values_supported"] == list(ALGS)
        assert document[f"{what}_encryption_enc_values_supported"] == list(ENCS)
        assert document[f"{what}_signing_alg_values_supported"] == list(world.config.signing_algs)
