"""``lingpai serve`` as it comes, with applications, APIs and people who are signed in, in the run's folder."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from bench.postgresql import PostgreSQL
from bench.process import LOAD_CORE, SERVER_CORE, ServerProcess, free_port
from bench.scenarios import CONNECTIONS
from bench.target import API, API_RS256, CALLBACK, PASSWORD, SECRET, Target
from lingpai.crypto.digest import new_id, new_secret
from lingpai.server.accounts.passwords import Passwords
from lingpai.server.client_auth.secret import digest_client_secret
from lingpai.server.config import Config, load_config
from lingpai.server.storage.records import Account, Client, ClientSecret, Grant, ResourceServer, ScopeDefinition
from lingpai.server.tokens.master_key import client_secret_pepper, load_master_key
from lingpai.server.wiring import Server, build_server

CLIENTS = {"bench": "RS256", "bench-ES256": "ES256", "bench-RS256": "RS256"}
"""Client -> algorithm of its ID Tokens."""
SCOPES = ("openid", "profile")
_APIS = {"api": (API, "ES256"), "api-rs256": (API_RS256, "RS256")}
"""Scope -> resource server and how its tokens are signed."""

Fill = Callable[[str], None]
"""Puts more into the database of that URL before anybody serves from it."""


def start(
    folder: Path,
    name: str = "Lingpai",
    *,
    postgresql: PostgreSQL | None = None,
    workers: int | None = None,
    fill: Fill | None = None,
) -> Target:
    """Every check, every line of the log; SQLite with ``synchronous=FULL``, or a database of ``postgresql``."""
    port = free_port()
    settings = folder / "lingpai.toml"
    folder.mkdir(parents=True, exist_ok=True)
    database = postgresql.new_database() if postgresql else f"sqlite:///{folder / 'lingpai.db'}"
    lines = (f'issuer = "http://127.0.0.1:{port}"', f"port = {port}", 'log_format = "json"', f'database = "{database}"')
    settings.write_text("\n".join((*lines, "")), encoding="utf-8")
    cookies = asyncio.run(_prepare(load_config(settings)))
    if fill:
        fill(database)
    return Target(
        name=name,
        server=launch(folder, port, workers),
        authorize="/oauth2/authorize",
        token="/oauth2/token",
        introspect="/oauth2/introspect",
        userinfo="/oauth2/userinfo",
        jwks="/oauth2/jwks",
        discovery="/.well-known/openid-configuration",
        cookies=tuple(cookies),
        browsers=tuple(cookie.partition("; ")[2] for cookie in cookies),
        database_cpu_s=postgresql.cpu_s if postgresql else None,
    )


def launch(folder: Path, port: int, workers: int | None = None) -> ServerProcess:
    """The server over what ``folder`` holds. More than one worker share the cores of server and load."""
    command = [sys.executable, "-m", "lingpai", "serve", "--config", str(folder / "lingpai.toml")]
    if workers is None:
        return ServerProcess(command, port, folder / "lingpai.log")
    command += ["--workers", str(workers)]
    return ServerProcess(command, port, folder / "lingpai.log", cores=(SERVER_CORE, LOAD_CORE))


async def _prepare(config: Config) -> list[str]:
    """Applications, APIs, and people who are signed in and allowed it all; the cookies of their browsers."""
    server = build_server(config)
    await server.start()
    try:
        now = server.clock()
        await _register(server, config, now)
        password_hash = await _hash(config)
        return [await _sign_in(server, number, password_hash, now) for number in range(CONNECTIONS)]
    finally:
        await server.close()


async def _register(server: Server, config: Config, now: int) -> None:
    catalog = server.store.catalog
    await catalog.put_scope(ScopeDefinition(name="jobs"))
    for scope, (resource, alg) in _APIS.items():
        await catalog.put_scope(ScopeDefinition(name=scope, resource=resource))
        api = ResourceServer(resource=resource, access_token_format="at+jwt", access_token_signing_alg=alg)
        await catalog.put_resource_server(api)
    pepper = client_secret_pepper(load_master_key(config, create=False))
    for client_id, alg in CLIENTS.items():
        client = Client(
            client_id=client_id,
            client_name="Bench",
            client_secrets=(ClientSecret(digest_client_secret(pepper, client_id, SECRET), now),),
            redirect_uris=(CALLBACK,),
            grant_types=("authorization_code", "refresh_token", "client_credentials"),
            scope=" ".join((*SCOPES, *_APIS, "jobs")),
            id_token_signed_response_alg=alg,
            created_at=now,
        )
        await server.store.clients.put(client)


async def _hash(config: Config) -> str:
    passwords = Passwords(1, 1, config.password_memory_kib, config.password_time_cost)
    try:
        return await passwords.hash(PASSWORD)
    finally:
        passwords.close()


async def _sign_in(server: Server, number: int, password_hash: str, now: int) -> str:
    account = Account(
        id=new_id(),
        username=f"person{number}",
        password_hash=password_hash,
        claims={"nickname": f"person{number}"},
        created_at=now,
    )
    await server.store.accounts.put(account)
    permissions = dict.fromkeys(SCOPES, now)
    for client_id in CLIENTS:
        grant = Grant(
            account_id=account.id, client_id=client_id, id=new_id(), permissions=permissions, lifetime="forever"
        )
        await server.store.grants.put(grant, replaces=None)
    secret = await server.browser_sessions.start(account.id, amr=("pwd",), user_agent="", old_secret=None, now=now)
    return f"lingpai_session={secret}; lingpai_browser={new_secret()}"
