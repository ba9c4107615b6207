"""Platforms whose ID Token says who it is."""

import base64
import json
from typing import Any, ClassVar

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey

from tests.unit.client.foreign import NOW, at_hash, changed, jwks, sign
from tests.unit.client.platforms.look_alike import Asked, LookAlike, compact


class Google(LookAlike):
    """OpenID Connect with metadata."""

    authorize_at = "https://accounts.google.com/o/oauth2/v2/auth"
    token_at = ("oauth2.googleapis.com", "/token")
    keys_at = ("www.googleapis.com", "/oauth2/v3/certs")
    issuer = "https://accounts.google.com"
    own_claims: ClassVar[dict[str, Any]] = {
        "email": "z@example.com",
        "email_verified": True,
        "picture": "https://lh3.example/a",
    }

    def __init__(self) -> None:
        super().__init__()
        self.claims = dict(self.own_claims)

    def id_token(self, access_token: str) -> str:
        standard = {"iss": self.issuer, "aud": self.client_id, "sub": "10769150350006150715113082367", "name": "张三"}
        times = {"iat": NOW, "exp": NOW + 3600, "nonce": self.authorized["nonce"], "at_hash": at_hash(access_token)}
        return sign(changed({**standard, **times}, self.claims), alg="RS256")

    def answer(self, asked: Asked) -> httpx2.Response:
        match asked.host, asked.path:
            case "accounts.google.com", "/.well-known/openid-configuration":
                metadata = {
                    "issuer": self.issuer,
                    "authorization_endpoint": self.authorize_at,
                    "token_endpoint": "https://{}{}".format(*self.token_at),
                    "jwks_uri": "https://{}{}".format(*self.keys_at),
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                }
                return httpx2.Response(200, json=metadata)
            case self.keys_at:
                return httpx2.Response(200, json=jwks())
            case self.token_at:
                return self.token(asked)
        return httpx2.Response(404)

    def token(self, asked: Asked) -> httpx2.Response:
        sent, basic = asked.form, asked.headers.get("authorization", "")
        authentic = sent.get("client_secret") == self.client_secret
        authentic |= basic == "Basic " + base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if not authentic:
            return httpx2.Response(401, json={"error": "invalid_client", "error_description": "Unauthorized"})
        if sent["grant_type"] == "authorization_code":
            if sent["code"] != self.code:
                return httpx2.Response(400, json={"error": "invalid_grant", "error_description": "Bad Request"})
            self.check_pkce(sent.get("code_verifier"))
        tokens = {
            "access_token": self.access_token,
            "expires_in": 3599,
            "token_type": "Bearer",
            "scope": "openid email",
        }
        more = {"refresh_token": self.refresh_token, "id_token": self.id_token(self.access_token)}
        return httpx2.Response(200, json={**tokens, **more})


class Microsoft(Google):
    """One address, many issuers."""

    client_id = "11112222-bbbb-3333-cccc-4444dddd5555"
    authorize_at = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"
    token_at = ("login.microsoftonline.com", "/common/oauth2/v2.0/token")
    keys_at = ("login.microsoftonline.com", "/common/discovery/v2.0/keys")
    tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
    issuer = f"https://login.microsoftonline.com/{tenant}/v2.0"
    own_claims: ClassVar = {"tid": tenant, "oid": "00000000-0000-0000-66f3-3332eca7ea81", "email": "ceo@victim.example"}


class Apple(Google):
    """The secret is a signed statement; the callback is a form."""

    client_id = "com.example.app"
    authorize_at = "https://appleid.apple.com/auth/authorize"
    token_at = ("appleid.apple.com", "/auth/token")
    issuer = "https://appleid.apple.com"
    key = ECKey.generate_key("P-256", {"kid": "ABC123DEFG"})
    client_secret = key.as_pem(private=True).decode()
    options: ClassVar = {"team_id": "DEF123GHIJ", "key_id": "ABC123DEFG"}
    own_claims: ClassVar = {"email": "z@privaterelay.appleid.com", "email_verified": "true", "name": None}

    def visit(self, url: str) -> str:
        return super().visit(url).partition("?")[2]

    def callback(self, params: dict[str, str]) -> dict[str, str]:
        assert params["response_mode"] == "form_post"
        user = {"name": {"firstName": "San", "lastName": "Zhang"}, "email": "ceo@victim.example"}
        return {"state": params["state"], "code": self.code, "user": compact(user)}

    def answer(self, asked: Asked) -> httpx2.Response:
        if (asked.host, asked.path) == ("appleid.apple.com", "/.well-known/openid-configuration"):
            metadata = {
                "issuer": self.issuer,
                "authorization_endpoint": self.authorize_at,
                "token_endpoint": "https://appleid.apple.com/auth/token",
                "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
            return httpx2.Response(200, json=metadata)
        return super().answer(asked)

    def token(self, asked: Asked) -> httpx2.Response:
        statement = jws.deserialize_compact(asked.form["client_secret"], self.key, algorithms=["ES256"])
        claims = json.loads(statement.payload)
        assert statement.headers()["kid"] == "ABC123DEFG"
        assert (claims["iss"], claims["sub"], claims["aud"]) == ("DEF123GHIJ", self.client_id, self.issuer)
        assert claims["iat"] == NOW < claims["exp"] < NOW + 15_777_000
        if asked.form.get("code", self.code) != self.code:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        tokens = {"access_token": self.access_token, "expires_in": 3600, "token_type": "Bearer"}
        more = {"refresh_token": self.refresh_token, "id_token": self.id_token(self.access_token)}
        return httpx2.Response(200, json={**tokens, **more})
