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
        clients = [_register(client_id, secret, callback) for client_id in ("bench", "bench-RS256")]
        cookies = [_sign_in(app, f"person{number}", clients) for number in range(people)]
    json.dump(cookies, sys.stdout)


def _register(client_id: str, secret: str, callback: str) -> models.Client:
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
        id_token_signed_response_alg="RS256",
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)
    return client


def _sign_in(app: Flask, username: str, allowed: list[models.Client]) -> str:
    now = dt.datetime.now(tz=dt.UTC)
    user = models.User(user_name=username, family_name=username, formatted_name=username, emails=[f"{username}@x.org"])
    Backend.instance.save(user)
    for client in allowed:
        scope = ["openid", "profile"]
        consent = models.Consent(
            consent_id=f"{username}-{client.client_id}", client=client, subject=user, scope=scope, issue_date=now
        )
        Backend.instance.save(consent)
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["sessions"] = [UserSession(user, now, ["password"]).serialize()]
    name = app.config["SESSION_COOKIE_NAME"]
    return f"{name}={browser.get_cookie(name).value}"


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
