"""The ``lingpai`` command. ``main`` is the way in; a command's module is light and imports what it needs when run."""
