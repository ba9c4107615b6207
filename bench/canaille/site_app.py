"""Canaille with SQLite (or ``BENCH_POSTGRESQL``), its files in ``BENCH_FOLDER``: the application hypercorn serves.

``python site_app.py PORT`` serves it the way ``canaille run`` does, with one worker. Not part of Lingpai.
"""

import json
import os
import sys
from pathlib import Path

from canaille.hypercorn.app import create_app
from hypercorn.config import Config
from hypercorn.run import run


def settings() -> dict[str, object]:
    """What is not as it comes: a place, keys, and requests without ``nonce``, as clients may send them.

    The key is made by ``prepare.py``.
    """
    folder = Path(os.environ["BENCH_FOLDER"])
    database = os.environ.get("BENCH_POSTGRESQL", "").replace("postgresql://", "postgresql+psycopg://")
    key = json.loads((folder / "jwk.json").read_text(encoding="ascii"))
    return {
        "SECRET_KEY": "of-the-benchmark-only",
        "CANAILLE": {"LOGGING": {"version": 1}},
        "CANAILLE_SQL": {"DATABASE_URI": database or f"sqlite:///{folder / 'canaille.db'}"},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key], "REQUIRE_NONCE": False},
    }


def application() -> object:
    """For hypercorn, in its worker."""
    return create_app(settings(), env_file=None)


if __name__ == "__main__":
    config = Config.from_mapping(bind=f"127.0.0.1:{sys.argv[1]}", workers=1, application_path="site_app:application()")
    sys.exit(run(config))
