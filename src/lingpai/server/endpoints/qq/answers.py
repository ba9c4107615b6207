"""Refusals by number: which one the engine's errors deserve, and the answer in the shape that was asked for."""

from starlette.requests import Request
from starlette.responses import Response

from lingpai.dialects import qq
from lingpai.dialects.qq import Shape
from lingpai.dialects.qq_errors import (
    BAD_REQUEST,
    CLIENT_SECRET_WRONG,
    CODE_REUSED,
    CODE_WRONG,
    GRANT_TYPE_WRONG,
    NOT_ALLOWED_FOR_CLIENT,
    REDIRECT_URI_WRONG,
    REFRESH_TOKEN_WRONG,
)
from lingpai.oauth.errors import InvalidClient, InvalidGrant, OAuthError, UnauthorizedClient, UnsupportedGrantType
from lingpai.oauth.names import REFRESH_TOKEN
from lingpai.oauth.params import Params
from lingpai.server.authorization.qq import Refused
from lingpai.server.authorization.request import only_value
from lingpai.server.endpoints.qq import paths
from lingpai.server.grant_types.authorization_code import CodeReused, RedirectUriMismatch
from lingpai.server.http import read_query, write_body

_WAP = frozenset({paths.WAP_TOKEN, paths.WAP_ME})


def asked_shape(request: Request, params: Params, *, default: Shape) -> Shape:
    """Only ``fmt`` chooses, never ``Accept``: half of the clients accept JSON and then read a query string."""
    # Also where the parameters as a whole cannot be read.
    if "json" in (params.get("fmt"), only_value(read_query(request), "fmt")):
        return "json"
    return "query" if request.scope["path"] in _WAP else default


def number_of(error: OAuthError, grant_type: str) -> Refused:
    """The number for a refusal of the engine; where it says more than the table, in its words."""
    match error:
        case CodeReused():
            return Refused(CODE_REUSED)
        case RedirectUriMismatch():
            return Refused(REDIRECT_URI_WRONG)
        case InvalidGrant():
            return Refused(REFRESH_TOKEN_WRONG if grant_type == REFRESH_TOKEN else CODE_WRONG)
        case InvalidClient():
            return Refused(CLIENT_SECRET_WRONG)
        case UnsupportedGrantType():
            return Refused(GRANT_TYPE_WRONG)
        case UnauthorizedClient():
            return Refused(NOT_ALLOWED_FOR_CLIENT, error.description)
        case _:
            return Refused(BAD_REQUEST, error.description)


def note_refusal(request: Request, number: int, text: str, *, detail: str = "") -> None:
    """For the log line, and for the explanation to the application's team: the answer has no room for a reference."""
    request.scope["lingpai.outcome"] = str(number)
    request.scope["lingpai.description"] = text
    request.scope["lingpai.detail"] = detail or text
    request.scope["lingpai.dialect"] = qq.NAME


def refuse(request: Request, refused: Refused, shape: Shape, *, detail: str = "") -> Response:
    """The refusal; what only the operator may know goes to the log line."""
    note_refusal(request, refused.number, refused.text, detail=detail)
    return write_body(qq.write_error(refused.number, refused.text, shape=shape))
