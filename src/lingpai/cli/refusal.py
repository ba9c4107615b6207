"""The one exception a command ends with when it cannot do what was asked."""


class Refused(Exception):
    """An expected failure. Each line of its text says what is wrong and what to change; there is no secret in it."""
