"""The other servers of a run: a bare one, and peers with people who are signed in there.

Owns how each is installed, set up and started. Everything they write lies in the folder of the run.
"""

import http.client
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec.structs import replace

from bench.postgresql import PostgreSQL
from bench.process import ServerProcess, free_port
from bench.python_site import Site
from bench.scenarios import CONNECTIONS, OF_LINGPAI, SCENARIOS
from bench.target import CALLBACK, CHALLENGE, Target

_SOURCES = Path(__file__).parent
_ALL = frozenset(scenario.name for scenario in SCENARIOS) - OF_LINGPAI
_IN_PYTHON = frozenset(name for name in _ALL if "at+jwt" not in name and "ES256" not in name and name != "userinfo")
"""What the peers in Python can be asked: they sign no access tokens, and not everybody ES256."""


def start_bare(folder: Path) -> Target:
    """An application that reads the body and answers: what the HTTP server alone costs."""
    port = free_port()
    command = (sys.executable, str(_SOURCES / "bare.py"), str(port))
    return Target(
        name="bare",
        server=ServerProcess(command, port, folder / "bare.log"),
    )


def start_oidc_provider(folder: Path, _postgresql: PostgreSQL | None) -> list[Target]:
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
    target = Target(
        name="oidc-provider",
        server=server,
        authorize="/auth",
        token="/token",
        introspect="/token/introspection",
        userinfo="/me",
        jwks="/jwks",
        discovery="/.well-known/openid-configuration",
        cookies=tuple(_browse(port) for _ in range(CONNECTIONS)),
        offers=_ALL,
    )
    return [target]


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


def start_django_oauth_toolkit(folder: Path, postgresql: PostgreSQL | None) -> list[Target]:
    """PyPI ``django-oauth-toolkit`` behind gunicorn, on PostgreSQL where there is one, else on SQLite.

    A second target asks the same process as clients whose secrets it keeps in clear: what it does by default, hashing
    them like passwords, would hide everything else.
    """
    site = Site.set_up("django_oauth_toolkit", folder, postgresql, CONNECTIONS)
    # With threads, because its other workers close the connection after each answer.
    gunicorn = ("-m", "gunicorn", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75")
    bind = ("--bind", f"127.0.0.1:{site.port}", "--no-control-socket")
    server = site.serve(*gunicorn, *bind, "site_wsgi")
    target = Target(
        name="django-oauth-toolkit",
        server=server,
        authorize="/o/authorize/",
        token="/o/token/",
        introspect="/o/introspect/",
        userinfo="/o/userinfo/",
        jwks="/o/.well-known/jwks.json",
        discovery="/o/.well-known/openid-configuration",
        cookies=site.cookies,
        own_client_id="bench-jobs",
        offers=_IN_PYTHON,
        database_cpu_s=postgresql.cpu_s if postgresql else None,
    )
    clear = replace(
        target, name=f"{target.name} (secrets in clear)", client_id="plain", own_client_id="plain-jobs", wall_s=2.0
    )
    return [replace(target, connections=4, wall_s=5.0), clear]


def start_canaille(folder: Path, postgresql: PostgreSQL | None) -> list[Target]:
    """PyPI ``canaille`` behind hypercorn, as ``canaille run`` has it, on the same database."""
    site = Site.set_up("canaille", folder, postgresql, CONNECTIONS)
    target = Target(
        name="canaille",
        server=site.serve(f"{site.folder / 'site_app.py'}", f"{site.port}"),
        authorize="/oauth/authorize",
        token="/oauth/token",
        introspect="/oauth/introspect",
        userinfo="/oauth/userinfo",
        jwks="/oauth/jwks.json",
        discovery="/.well-known/openid-configuration",
        cookies=site.cookies,
        offers=_IN_PYTHON,
        wall_s=3.0,
        database_cpu_s=postgresql.cpu_s if postgresql else None,
    )
    return [target]
