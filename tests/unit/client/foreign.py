"""An authorization server that is not ours, to try the client on: it shares no code with lingpai.

It speaks OAuth 2.1 and OpenID Connect as a stranger would, and misbehaves on request: ``answers[path]`` replaces what a
path answers, ``callback`` and ``id_token`` change what is sent back (``None`` removes a member).
"""

import base64
import hashlib
import secrets
import warnings
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode

from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from msgspec import json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.unit.client.foreign_proofs import AssertionCheck, ProofCheck, Refused

NOW = 1_800_000_000


def new_keys() -> dict[str, Any]:
    return {
        "ES256": ECKey.generate_key("P-256", {"kid": "es"}),
        "RS256": RSAKey.generate_key(2048, {"kid": "rs"}),
        "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
    }


KEYS = new_keys()


def jwks(keys: Mapping[str, Any] = KEYS) -> dict[str, object]:
    return {"keys": [key.as_dict(private=False) for key in keys.values()]}


def sign(
    claims: Mapping[str, object], *, alg: str = "ES256", key: Any = None, header: Mapping[str, object] | None = None
) -> str:
    key = key or KEYS[alg]
    protected = {"alg": alg, "kid": key.kid, "typ": "JWT", **(header or {})}
    protected = {name: value for name, value in protected.items() if value is not None}
    # joserfc checks header parameters it knows; a stranger's library may not.
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    with warnings.catch_warnings():
        # Many servers still say EdDSA for what RFC 9864 names Ed25519; joserfc warns about it.
        warnings.simplefilter("ignore", SecurityWarning)
        return jws.serialize_compact(protected, json.encode(claims), key, registry=registry)


def at_hash(access_token: str, hash_name: str = "sha256") -> str:
    digest = hashlib.new(hash_name, access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def changed(original: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**original, **changes}.items() if value is not None}


class ForeignServer:
    client_id = "photo:print"
    client_secret = "s3cret %+/:é"

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.reset()
        paths = {
            "/.well-known/oauth-authorization-server": self.no_such_page,
            "/.well-known/openid-configuration": self.metadata,
            "/authorize": self.authorize,
            "/token": self.token,
            "/userinfo": self.userinfo,
            "/revoke": self.revoke,
            "/keys": self.keys,
            "/par": self.par,
            "/device": self.device,
        }
        self.app = Starlette(
            routes=[
                Route(path, self._or_misbehave(path, page), methods=["GET", "POST"]) for path, page in paths.items()
            ]
        )

    def reset(self) -> None:
        self.answers: dict[str, Response] = {}
        self.metadata_changes: dict[str, Any] = {}
        self.callback: dict[str, Any] = {}
        self.token_changes: dict[str, Any] = {}
        self.id_token: dict[str, Any] = {}
        self.id_token_alg = "ES256"
        self.signing: dict[str, Any] = dict(KEYS)
        self.requested: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.forms: list[dict[str, str]] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.living: dict[str, str] = {}
        self.proofs = ProofCheck()
        self.assertions = AssertionCheck(self.issuer)
        self.bound: dict[str, str] = {}
        self.pushed: dict[str, dict[str, str]] = {}
        self.polls: list[str] = []

    def _or_misbehave(self, path: str, page: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            self.requested.append(path)
            self.headers.append(request.headers)
            if path in self.answers:
                return self.answers[path]
            try:
                answer: Response = await page(request)
            except Refused as refused:
                challenge = {"WWW-Authenticate": f'DPoP error="{refused.code}"', "DPoP-Nonce": self.proofs.nonce}
                status = 401 if path == "/userinfo" else 400
                return JSONResponse({"error": refused.code} if status == 400 else {}, status, challenge)
            if self.proofs.nonce and path == "/token":
                answer.headers["DPoP-Nonce"] = self.proofs.nonce
            return answer

        return endpoint

    async def no_such_page(self, _: Request) -> Response:
        return Response("<h1>404</h1>", 404, media_type="text/html")

    async def metadata(self, _: Request) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "revocation_endpoint": f"{self.issuer}/revoke",
            "jwks_uri": f"{self.issuer}/keys",
            "pushed_authorization_request_endpoint": f"{self.issuer}/par",
            "device_authorization_endpoint": f"{self.issuer}/device",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "EdDSA", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
            "an_extension": {"nobody": "knows"},
        }
        return JSONResponse(changed(document, self.metadata_changes))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if "request_uri" in asked:
            assert set(asked) == {"client_id", "request_uri"}
            asked = self.pushed.pop(asked["request_uri"])
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        answer = changed({"code": code, "state": asked["state"], "iss": self.issuer}, self.callback)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer, doseq=True)}", 302)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        self.forms.append(form)
        if not self._is_authentic(request, form):
            return JSONResponse({"error": "invalid_client", "error_description": "who are you"}, 401)
        jkt = self._jkt(request)
        match form["grant_type"]:
            case "authorization_code":
                return self._redeem(form, jkt)
            case "refresh_token" if form["refresh_token"] in self.living:
                members = {"scope": form.get("scope")}
                return self._tokens(members, subject=self.living[form["refresh_token"]], jkt=jkt)
            case "client_credentials":
                return self._tokens({"refresh_token": None, "scope": form.get("scope")}, subject=None, jkt=jkt)
            case "urn:ietf:params:oauth:grant-type:device_code" if form["device_code"] == "d3vice":
                if self.polls:
                    return JSONResponse({"error": self.polls.pop(0)}, 400)
                return self._tokens({}, subject="zhang", jkt=jkt)
            case "urn:ietf:params:oauth:grant-type:token-exchange" if form["subject_token"] in self.living:
                kind = {"issued_token_type": form["requested_token_type"], "refresh_token": None}
                return self._tokens(kind, subject=self.living[form["subject_token"]], jkt=jkt)
        return JSONResponse({"error": "invalid_grant", "error_description": "over"}, 400)

    def _is_authentic(self, request: Request, form: dict[str, str]) -> bool:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            user, _, password = base64.b64decode(encoded).decode().partition(":")
            return (unquote_plus(user), unquote_plus(password)) == (self.client_id, self.client_secret)
        if "client_assertion" in form:
            return self.assertions.is_good(form, self.client_id, now=NOW)
        if "client_secret" in form:
            return (form["client_id"], form["client_secret"]) == (self.client_id, self.client_secret)
        return form.get("client_id") == "public"

    def _jkt(self, request: Request, access_token: str = "") -> str:
        proof = request.headers.get("dpop")
        if proof is None:
            return ""
        return self.proofs.jkt(proof, request.method, str(request.url), now=NOW, access_token=access_token)

    def _redeem(self, form: dict[str, str], jkt: str) -> Response:
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if asked["code_challenge"] != challenge.decode():
            return JSONResponse({"error": "invalid_grant", "error_description": "verifier"}, 400)
        if asked.get("dpop_jkt", jkt) != jkt:
            return JSONResponse({"error": "invalid_grant", "error_description": "key"}, 400)
        nonce = {"nonce": asked.get("nonce"), "aud": asked["client_id"]}
        openid = "openid" in asked.get("scope", "")
        return self._tokens({}, subject="zhang", jkt=jkt, claims=nonce if openid else None)

    def _tokens(
        self, members: dict[str, Any], *, subject: str | None, jkt: str, claims: dict[str, Any] | None = None
    ) -> Response:
        access_token, refresh_token = secrets.token_urlsafe(), secrets.token_urlsafe()
        self.living[access_token] = self.living[refresh_token] = subject or ""
        self.bound[access_token] = jkt
        tokens = {"access_token": access_token, "token_type": "dpop" if jkt else "bearer", "expires_in": 600}
        tokens["refresh_token"] = refresh_token
        if claims is not None:
            standard = {"iss": self.issuer, "sub": subject, "iat": NOW, "exp": NOW + 300}
            standard["at_hash"] = at_hash(access_token, "sha512" if self.id_token_alg == "EdDSA" else "sha256")
            payload = changed({**standard, **claims}, self.id_token)
            tokens["id_token"] = sign(payload, alg=self.id_token_alg, key=self.signing[self.id_token_alg])
        return JSONResponse(changed({**tokens, **members}, self.token_changes), headers={"Set-Cookie": "who=zhang"})

    async def userinfo(self, request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        bound = self.bound.get(token, "")
        if bound and (scheme != "DPoP" or self._jkt(request, token) != bound):
            return Response("", 401, headers={"WWW-Authenticate": 'DPoP error="invalid_token"'})
        if token not in self.living:
            challenge = 'Bearer realm="foreign", error="invalid_token", error_description="over"'
            return Response("", 401, headers={"WWW-Authenticate": challenge})
        return JSONResponse({"sub": self.living[token], "name": "张三"})

    async def revoke(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if not self._is_authentic(request, form):
            return JSONResponse({"error": "invalid_client"}, 401)
        self.living.pop(form["token"], None)
        return Response("", 200)

    async def keys(self, _: Request) -> Response:
        return JSONResponse(jwks(self.signing))

    async def par(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if not self._is_authentic(request, form):
            return JSONResponse({"error": "invalid_client"}, 401)
        self._jkt(request)
        request_uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe()}"
        self.pushed[request_uri] = form
        return JSONResponse({"request_uri": request_uri, "expires_in": 60}, 201)

    async def device(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        if not self._is_authentic(request, form):
            return JSONResponse({"error": "invalid_client"}, 401)
        where = f"{self.issuer}/go"
        answer = {"device_code": "d3vice", "user_code": "ABCD-EFGH", "verification_uri": where, "expires_in": 600}
        return JSONResponse({**answer, "verification_uri_complete": f"{where}?code=ABCD-EFGH", "interval": 7})
