"""The servers of a run: this one, a bare one and the peer, each with people who are signed in.

Owns how each is installed, set up and started. Everything they write lies in the folder of the run.
"""

import asyncio
import http.client
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from bench.process import ServerProcess, free_port
from bench.scenarios import API, CALLBACK, CHALLENGE, SECRET, Target
from lingpai.crypto.digest import new_id, new_secret
from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.config import load_config
from lingpai.server.storage.records import Account, Client, ClientSecret, Grant, ResourceServer, ScopeDefinition
from lingpai.server.tokens.master_key import client_secret_pepper, load_master_key
from lingpai.server.wiring import Server, build_server

_SOURCES = Path(__file__).parent
_CLIENTS = {"bench": "RS256", "bench-ES256": "ES256", "bench-RS256": "RS256"}
"""Client -> algorithm of its ID Tokens."""
_SCOPES = ("openid", "profile")


def start_lingpai(folder: Path, people: int) -> Target:
    """``lingpai serve`` on SQLite, as it comes: every check, every line of the log, ``synchronous=FULL``."""
    port = free_port()
    settings = folder / "lingpai.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    lines = (f'issuer = "http://127.0.0.1:{port}"', f"port = {port}", 'log_format = "json"')
    settings.write_text("\n".join((*lines, "")), encoding="utf-8")
    cookies = asyncio.run(_fill(settings, people))
    command = (sys.executable, "-m", "lingpai", "serve", "--config", str(settings))
    return Target(
        name="Lingpai",
        server=ServerProcess(command, port, folder / "lingpai.log"),
        authorize="/oauth2/authorize",
        token="/oauth2/token",
        introspect="/oauth2/introspect",
        userinfo="/oauth2/userinfo",
        jwks="/oauth2/jwks",
        cookies=tuple(cookies),
    )


async def _fill(settings: Path, people: int) -> list[str]:
    """Applications, an API, and people who are signed in and allowed it all; the cookies of their browsers."""
    config = load_config(settings)
    server = build_server(config)
    await server.start()
    try:
        now = server.clock()
        pepper = client_secret_pepper(load_master_key(config, create=False))
        await server.store.catalog.put_scope(ScopeDefinition(name="api", resource=API))
        await server.store.catalog.put_scope(ScopeDefinition(name="jobs"))
        await server.store.catalog.put_resource_server(ResourceServer(resource=API, access_token_format="at+jwt"))
        for client_id, alg in _CLIENTS.items():
            client = Client(
                client_id=client_id,
                client_name="Bench",
                client_secrets=(ClientSecret(digest_client_secret(pepper, client_id, SECRET), now),),
                redirect_uris=(CALLBACK,),
                grant_types=("authorization_code", "refresh_token", "client_credentials"),
                scope=" ".join((*_SCOPES, "api", "jobs")),
                id_token_signed_response_alg=alg,
                created_at=now,
            )
            await server.store.clients.put(client)
        return [await _sign_in(server, number, now) for number in range(people)]
    finally:
        await server.close()


async def _sign_in(server: Server, number: int, now: int) -> str:
    account = Account(id=new_id(), username=f"person{number}", claims={"nickname": f"person{number}"}, created_at=now)
    await server.store.accounts.put(account)
    permissions = dict.fromkeys(_SCOPES, now)
    for client_id in _CLIENTS:
        grant = Grant(
            account_id=account.id, client_id=client_id, id=new_id(), permissions=permissions, lifetime="forever"
        )
        await server.store.grants.put(grant, replaces=None)
    secret = await server.browser_sessions.start(account.id, amr=("pwd",), user_agent="", old_secret=None, now=now)
    return f"lingpai_session={secret}; lingpai_browser={new_secret()}"


def start_bare(folder: Path) -> Target:
    """An application that reads the body and answers: what the HTTP server alone costs."""
    port = free_port()
    command = (sys.executable, str(_SOURCES / "bare.py"), str(port))
    return Target(
        name="bare",
        server=ServerProcess(command, port, folder / "bare.log"),
        authorize="/",
        token="/",
        introspect="/",
        userinfo="/",
        jwks="/",
        cookies=(),
    )


def start_oidc_provider(folder: Path, people: int) -> Target:
    """Npm ``oidc-provider``, everything in memory. Raises ``OSError`` or ``CalledProcessError`` without npm."""
    installed = folder.parent / "oidc-provider"
    installed.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(_SOURCES / "oidc_provider" / name, installed / name)
    if not (installed / "node_modules" / "oidc-provider").exists():
        command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        subprocess.run(command, cwd=installed, check=True, capture_output=True, timeout=180)
    port = free_port()
    environment = {"NODE_ENV": "production"}
    server = ServerProcess(
        ("node", str(installed / "server.mjs"), str(port)), port, folder / "oidc-provider.log", environment
    )
    return Target(
        name="oidc-provider",
        server=server,
        authorize="/auth",
        token="/token",
        introspect="/token/introspection",
        userinfo="/me",
        jwks="/jwks",
        cookies=tuple(_browse(port) for _ in range(people)),
    )


def _browse(port: int) -> str:
    """Sign somebody in at the peer: follow its redirects with its cookies until it sends us back."""
    params = {"response_type": "code", "client_id": "bench", "redirect_uri": CALLBACK, "scope": "openid profile"}
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    url, cookies = f"http://127.0.0.1:{port}/auth?{urlencode(params | pkce)}", dict[str, str]()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while not url.startswith(CALLBACK):
        parts = urlsplit(url)
        sent = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection.request("GET", f"{parts.path}?{parts.query}", headers={"Cookie": sent})
        response = connection.getresponse()
        response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        url = urljoin(url, response.headers["Location"])
    connection.close()
    return "; ".join(f"{name}={cookies[name]}" for name in ("_session", "_session.sig"))
