"""A Django project with nothing but ``django-oauth-toolkit``, as ``manage.py check --deploy`` and its guide want it.

``BENCH_FOLDER`` is where its key lies (and its SQLite database), ``BENCH_POSTGRESQL`` a database instead,
``BENCH_PORT`` where it listens. Read by Django; not part of Lingpai.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

_FOLDER = Path(os.environ["BENCH_FOLDER"])
_POSTGRESQL = urlsplit(os.environ.get("BENCH_POSTGRESQL", ""))

DEBUG = False
SECRET_KEY = "of-the-benchmark-only-" + "0123456789abcdef" * 3
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "site_urls"
WSGI_APPLICATION = "site_wsgi.application"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
if _POSTGRESQL.hostname:
    _DATABASE: dict[str, object] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _POSTGRESQL.hostname,
        "PORT": _POSTGRESQL.port,
        "USER": _POSTGRESQL.username,
        "NAME": _POSTGRESQL.path[1:],
    }
else:
    _DATABASE = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _FOLDER / "django.db",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
DATABASES = {"default": _DATABASE | {"CONN_MAX_AGE": None}}
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": (_FOLDER / "key.pem").read_text(encoding="ascii"),
    "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{os.environ['BENCH_PORT']}/o",
    "ALLOWED_SCHEMES": ["http", "https"],
    "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 86_400,
    "SCOPES": {"openid": "Sign in", "profile": "Profile", "jobs": "Jobs", "introspection": "Introspection"},
}
