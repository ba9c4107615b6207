"""Makes tables, clients and people who are signed in; prints a JSON list with the cookie of each.

Run as ``python prepare.py PEOPLE SECRET CALLBACK`` with the environment ``site_settings`` wants.
"""

import json
import os
import sys

import django
from django.conf import settings


def main(people: int, secret: str, callback: str) -> None:
    """Everything, once."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for prefix, is_hashed in (("bench", True), ("plain", False)):
        for suffix, alg in (("", ""), ("-RS256", "RS256"), ("-jobs", "")):
            _register(f"{prefix}{suffix}", secret, callback, alg, is_hashed=is_hashed)
    json.dump([_sign_in(f"person{number}") for number in range(people)], sys.stdout)


def _register(client_id: str, secret: str, callback: str, alg: str, *, is_hashed: bool) -> None:
    """An application has one grant type here; people come with codes, ``-jobs`` without people."""
    from oauth2_provider.models import Application

    grant_type = "client-credentials" if client_id.endswith("-jobs") else "authorization-code"
    Application.objects.create(
        client_id=client_id,
        name=client_id,
        client_secret=secret,
        hash_client_secret=is_hashed,
        client_type="confidential",
        authorization_grant_type=grant_type,
        redirect_uris=callback,
        algorithm=alg,
        skip_authorization=True,
    )


def _sign_in(username: str) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user = User.objects.create(username=username)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
