"""The two answers a guard gives that are not about a bad token: there was none, and it could not be checked.

Owns: those two exceptions. Leaves: everything with a registered code to ``oauth.errors``; writing to ``refusal``.
"""

from lingpai.oauth.errors import InvalidToken, TemporarilyUnavailable


class TokenMissing(InvalidToken):
    """No access token was sent; the challenge then carries no error code. Spec: RFC 6750 §3.1"""


class TokenCheckUnavailable(TemporarilyUnavailable):
    """The authorization server could not be asked, so nobody is let in. Answered 503, never "allowed".

    ``detail`` says to the operator what went wrong; it holds no secret and no token.
    ``retry_after_s``: when it is worth asking again.
    """

    def __init__(self, detail: str, *, retry_after_s: int = 5) -> None:
        super().__init__("the access token cannot be checked right now", detail=detail)
        self.retry_after_s = retry_after_s
