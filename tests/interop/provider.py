"""A real ``lingpai serve`` with https, and somebody's browser: what every peer here is pointed at.

Owns the applications the peers are, and the process. Each peer file holds what only that library does.
"""

import json
import os
import re
import ssl
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import requests
from joserfc.jwk import ECKey
from msgspec import Struct

import lingpai
from tests.browser import Browser
from tests.certificate import write_certificate

SECRET = "interop-secret-0123456789abcdefghijklmnopqrstu"
USERNAME, PASSWORD = "testuser", "testpass-panda-bamboo"
CALLBACK = "https://app.test/callback"
QQ_APPID, QQ_GRANT_CALLBACK = "100222222", "https://app.test/connect/qq/callback"
API, PRINTERS = "https://api.test/", "https://printers.test/"
SCOPE = "openid profile email offline_access"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
WEB_GRANTS = ["authorization_code", "refresh_token", "client_credentials", DEVICE_CODE]
MACHINE_GRANTS = ["client_credentials"]
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

_SETTINGS = {
    "LINGPAI_PASSWORD_MEMORY_KIB": "64",
    "LINGPAI_PASSWORD_TIME_COST": "1",
    "LINGPAI_DPOP_NONCE_REQUIRED": "true",  # so that every peer must try again with ours
    "LINGPAI_REGISTRATION": "open",
}


class Provider(Struct, frozen=True):
    """A running server. ``certificate``: the file that a client must trust. ``key``: of the client ``keyholder``."""

    issuer: str
    certificate: Path
    key: ECKey

    def metadata(self) -> dict[str, Any]:
        """What it says about itself."""
        document = httpx2.get(f"{self.issuer}/.well-known/openid-configuration", verify=self.context())
        metadata: dict[str, Any] = document.raise_for_status().json()
        assert metadata["issuer"] == self.issuer
        return metadata

    def jwks(self) -> Any:
        """Its public keys, as JSON."""
        return httpx2.get(f"{self.issuer}/oauth2/jwks", verify=self.context()).json()

    def context(self) -> ssl.SSLContext:
        """Trust in its certificate."""
        return ssl.create_default_context(cafile=self.certificate)

    def open(self, session: requests.Session) -> None:
        """Make ``session`` trust it, whatever certificates and proxies the environment names."""
        session.trust_env = False
        session.verify = str(self.certificate)
        session.headers["connection"] = "close"  # an idle one would have the server wait for it at the end


class Person(Browser):
    """Somebody who allows whatever an application asks for."""

    async def allow(self, url: str) -> str:
        """Open ``url``, sign in, tick everything. The address the browser is sent to in the end."""
        await self.get(url)
        await self.follow()
        await self._sign_in()
        if not self.page.is_redirect:
            await self._tick_everything()
        return self.page.headers["location"]

    async def allow_device(self, verification_uri_complete: str) -> None:
        """Open the address a device shows, sign in, compare the code, tick everything."""
        await self.get(verification_uri_complete)
        await self.follow()
        await self._sign_in()
        await self.submit(self.form("device-form"))
        await self.follow()
        await self._tick_everything()
        assert 'data-outcome="allowed"' in self.page.text

    async def _sign_in(self) -> None:
        if self.shows("sign-in-form"):
            await self.submit(self.form("sign-in-form"), ("username", USERNAME), ("password", PASSWORD))
            await self.follow()

    async def _tick_everything(self) -> None:
        form = self.form("consent-form")
        ticked = [("scope", name) for name in form.boxes.get("scope", [])]
        await self.submit(form, *ticked, ("lifetime", "30d"), ("decision", "allow"))
        await self.follow()


class Process:
    """The server in ``folder``. ``stop`` it when done."""

    def __init__(self, folder: Path) -> None:
        write_certificate(folder)
        key = ECKey.generate_key("P-256", parameters={"kid": "holder-1", "use": "sig", "alg": "ES256"}, auto_kid=False)
        (folder / "peers.json").write_text(json.dumps(_document(key)))
        self._folder = folder
        self._run("init")
        self._run("apply", "peers.json")
        arguments = ["--port", "0", "--tls-cert", "cert.pem", "--tls-key", "key.pem"]
        self._log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(
            _command("serve", *arguments), cwd=folder, env=_environment(), stdout=subprocess.PIPE, stderr=self._log
        )
        self.provider = Provider(self._wait(), folder / "cert.pem", key)

    def stop(self) -> None:
        """End it; nothing it wrote may be a traceback."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        self._process.kill()
        self._process.communicate()
        self._log.close()
        assert "Traceback" not in (self._folder / "server.log").read_text()

    def _wait(self) -> str:
        assert self._process.stdout
        for line in self._process.stdout:
            if found := re.search(rb"\(issuer (\S+)\)", line):
                return found[1].decode()
        raise AssertionError((self._folder / "server.log").read_text())

    def _run(self, *arguments: str) -> None:
        ended = subprocess.run(
            _command(*arguments), cwd=self._folder, env=_environment(), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "lingpai", *arguments]


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(lingpai.__file__).parents[1])} | _SETTINGS


def _document(key: ECKey) -> dict[str, Any]:
    """The peers, and the APIs they call, as ``lingpai apply`` takes them."""
    words = {"en": "Do what the interop tests do", "zh_CN": "互操作测试"}
    machine: dict[str, Any] = {"redirect_uris": [], "response_types": [], "scope": "api:read print"}
    return {
        "resources": [
            {"resource": API, "access_token_format": "at+jwt"},
            {"resource": PRINTERS, "name": "printers", "client_ids": ["printers"]},
        ],
        "scopes": [
            {"name": "api:read", "resource": API, "descriptions": words},
            {"name": "print", "resource": PRINTERS, "descriptions": words},
        ],
        "clients": [
            _client("web", may_act=["service"]),
            _client("es256", id_token_signed_response_alg="ES256"),
            _client("post", token_endpoint_auth_method="client_secret_post"),
            _client("hybrid", legacy=True, grant_types=[*WEB_GRANTS, "implicit"], response_types=["code id_token"]),
            _client(
                "keyholder",
                client_secret=None,
                token_endpoint_auth_method="private_key_jwt",
                jwks={"keys": [key.as_dict(private=False)]},
            ),
            _client("hmac", token_endpoint_auth_method="client_secret_jwt", **machine, grant_types=MACHINE_GRANTS),
            _client("service", **machine, grant_types=[*MACHINE_GRANTS, TOKEN_EXCHANGE], resources=[API, PRINTERS]),
            _client("printers", **machine | {"scope": ""}, grant_types=[]),
            _client(
                QQ_APPID,
                dialects=["standard", "qq"],
                developer="interop",
                redirect_uris=[CALLBACK, QQ_GRANT_CALLBACK],
                grant_types=["authorization_code", "refresh_token"],
                scope="get_user_info",
            ),
        ],
        "accounts": [
            {"username": USERNAME, "password": PASSWORD, "name": "Test User", "email": "testuser@app.test"},
        ],
    }


def _client(client_id: str, **fields: object) -> dict[str, object]:
    """A web application, but for ``fields``."""
    values: dict[str, object] = {
        "client_id": client_id,
        "client_name": client_id.title(),
        "client_secret": SECRET,
        "redirect_uris": [CALLBACK],
        "grant_types": WEB_GRANTS,
        "scope": f"{SCOPE} api:read print",
    }
    return {name: value for name, value in (values | fields).items() if value is not None}
