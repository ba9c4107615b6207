"""The ``lingpai`` command, also as ``python -m lingpai``."""

import sys


def main() -> None:
    """Run it, or say what to install: it is part of the server, and the guard and the client come without it."""
    try:
        from lingpai.cli.main import main as run_command  # noqa: PLC0415 - it may not be there
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("lingpai"):
            raise
        sys.exit(f"lingpai: {missing.name} is missing; the server and its commands need: pip install 'lingpai[server]'")
    run_command()


if __name__ == "__main__":
    main()
