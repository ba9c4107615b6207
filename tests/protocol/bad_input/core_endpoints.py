"""Tokens, what is said about them, and the authorization request: what every client uses."""

from collections.abc import Awaitable, Callable
from typing import Literal

from tests.openid import APP, sign_in
from tests.proofs import Prover
from tests.protocol.bad_input.endpoint import CLIENT, CREDENTIALS, POSTER, Endpoint, Good, Param
from tests.world import CALLBACK, PHOTOS, SECRET, Ask, World


async def _code(world: World) -> Good:
    ask = Ask(world, POSTER)
    code = (await ask.allow(world.browser()))["code"]
    sent = {"code": code, "redirect_uri": CALLBACK, "code_verifier": ask.code_verifier, "resource": PHOTOS}
    return Good("POST", "/oauth2/token", body={"grant_type": "authorization_code", **sent, **CREDENTIALS})


async def _tokens(world: World) -> dict[str, str]:
    response = await world.http.post("/oauth2/token", data=(await _code(world)).body)
    tokens: dict[str, str] = response.json()
    return tokens


async def _refresh_token(world: World) -> Good:
    sent = {"refresh_token": (await _tokens(world))["refresh_token"], "scope": "list_album", "resource": PHOTOS}
    return Good("POST", "/oauth2/token", body={"grant_type": "refresh_token", **sent, **CREDENTIALS})


def _about_a_token(path: str) -> Callable[[World], Awaitable[Good]]:
    async def make(world: World) -> Good:
        token = (await _tokens(world))["access_token"]
        return Good("POST", path, body={"token": token, "token_type_hint": "access_token", **CREDENTIALS})

    return make


async def _userinfo(world: World) -> Good:
    ask = Ask(world)
    tokens = (await ask.redeem((await ask.allow(world.browser()))["code"])).json()
    return Good("POST", "/oauth2/userinfo", body={"access_token": tokens["access_token"], "unknown": "x"})


def _authorize(method: Literal["GET", "POST"]) -> Callable[[World], Awaitable[Good]]:
    async def make(world: World) -> Good:
        more = {"response_mode": "query", "resource": PHOTOS, "prompt": "login", "max_age": "60", "nonce": "n"}
        words = {"login_hint": "zhangsan", "ui_locales": "en", "display": "page", "claims": "{}", "unknown": "x"}
        hint = (await sign_in(world, client_id=APP)).tokens["id_token"]
        more |= {"acr_values": "urn:lingpai:acr:1", "dpop_jkt": Prover().jkt, "id_token_hint": hint}
        params = {**Ask(world, POSTER).params, **more, **words}
        if method == "GET":
            return Good("GET", "/oauth2/authorize", query=params)
        return Good("POST", "/oauth2/authorize", body=params)

    return make


async def _push(world: World) -> Good:
    request = await _authorize("POST")(world)
    return Good("POST", "/oauth2/par", body={**(request.body or {}), "client_secret": SECRET})


_OPTIONAL = (
    *("scope", "state", "response_mode", "prompt", "max_age", "nonce", "login_hint", "ui_locales", "unknown"),
    *("display", "claims", "acr_values", "dpop_jkt", "id_token_hint"),
)


def _authorize_params(where: Literal["query", "body"]) -> tuple[Param, ...]:
    required = ("response_type", "code_challenge", "code_challenge_method")
    return (
        *(Param(name, "400 page", where) for name in ("client_id", "redirect_uri")),
        *(Param(name, "303 invalid_request", where) for name in required),
        *(Param(name, where=where) for name in _OPTIONAL),
        Param("resource", where=where, may_repeat=True),
    )


CORE_ENDPOINTS = (
    Endpoint(
        "token, code",
        "json",
        _code,
        (
            *(Param(name, "400 invalid_request") for name in ("grant_type", "code", "redirect_uri")),
            Param("code_verifier", "400 invalid_grant"),
            Param("resource", may_repeat=True),
            *CLIENT,
        ),
    ),
    Endpoint(
        "token, refresh token",
        "json",
        _refresh_token,
        (
            *(Param(name, "400 invalid_request") for name in ("grant_type", "refresh_token")),
            Param("scope"),
            Param("resource", may_repeat=True),
            *CLIENT,
        ),
    ),
    *(
        Endpoint(
            name,
            "json",
            _about_a_token(f"/oauth2/{name}"),
            (Param("token", "400 invalid_request"), Param("token_type_hint"), *CLIENT),
        )
        for name in ("introspect", "revoke")
    ),
    Endpoint("userinfo", "json", _userinfo, (Param("access_token", "401"), Param("unknown"))),
    Endpoint(
        "par",
        "json",
        _push,
        (
            *(
                Param(name, "400 invalid_request")
                for name in ("redirect_uri", "response_type", "code_challenge", "code_challenge_method")
            ),
            *(Param(name) for name in _OPTIONAL if name != "unknown"),
            Param("resource", may_repeat=True),
            *CLIENT,
        ),
    ),
    Endpoint("authorize, GET", "client", _authorize("GET"), _authorize_params("query")),
    Endpoint("authorize, POST", "client", _authorize("POST"), _authorize_params("body")),
)
