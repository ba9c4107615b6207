"""``python -m lingpai`` is the same as the ``lingpai`` command."""

from lingpai.cli.main import main

main()
