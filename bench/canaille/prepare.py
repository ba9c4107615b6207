"""Makes tables, clients and people who are signed in; prints a JSON list with the cookie of each.

Run as ``python prepare.py PEOPLE SECRET CALLBACK`` with the environment ``site_app`` wants.
"""

import datetime as dt
import json
import os
import sys
from pathlib import Path

from canaille import create_app
from canaille.app import models
from canaille.app.session import UserSession
from canaille.backends import Backend
from flask import Flask
from joserfc.jwk import RSAKey
from site_app import settings


def main(people: int, secret: str, callback: str) -> None:
    """Everything, once."""
    key = RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig"}, auto_kid=True)
    Path(os.environ["BENCH_FOLDER"], "jwk.json").write_text(json.dumps(key.as_dict(private=True)), encoding="ascii")

    app = create_app(settings())
    with app.app_context(), app.backend.session():
        for client_id, alg in (("bench", "RS256"), ("bench-RS256", "RS256"), ("bench-ES256", "ES256")):
            _register(client_id, secret, callback, alg)
        cookies = [_sign_in(app, f"person{number}") for number in range(people)]
    json.dump(cookies, sys.stdout)


def _register(client_id: str, secret: str, callback: str, alg: str) -> None:
    client = models.Client(
        client_id=client_id,
        client_secret=secret,
        client_name=client_id,
        client_id_issued_at=dt.datetime.now(tz=dt.UTC),
        redirect_uris=[callback],
        grant_types=["authorization_code", "refresh_token", "client_credentials"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_basic",
        scope=["openid", "profile", "jobs"],
        id_token_signed_response_alg=alg,
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)


def _sign_in(app: Flask, username: str) -> str:
    user = models.User(user_name=username, family_name=username, formatted_name=username, emails=[f"{username}@x.org"])
    Backend.instance.save(user)
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["sessions"] = [UserSession(user, dt.datetime.now(tz=dt.UTC), ["password"]).serialize()]
    name = app.config["SESSION_COOKIE_NAME"]
    return f"{name}={browser.get_cookie(name).value}"


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
