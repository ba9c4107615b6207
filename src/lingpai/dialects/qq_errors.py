"""The numbers of QQ Connect and what is said with each: ``error`` of the OAuth endpoints, ``ret`` of the APIs.

Texts that clients are known to have seen are kept to the letter, trailing blanks included; where nobody recorded one,
it is made in the manner of its neighbours.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\u00a1-\u1fff\u3000-\uffdc]")
_FOREIGN_TEXT_LIMIT_CHARS = 500

RESPONSE_TYPE_WRONG = 100000
CLIENT_ID_WRONG = 100001
CLIENT_SECRET_MISSING = 100002
AUTHORIZATION_MISSING = 100003
GRANT_TYPE_WRONG = 100004
CODE_MISSING = 100005
REFRESH_TOKEN_MISSING = 100006
ACCESS_TOKEN_MISSING = 100007
CLIENT_UNKNOWN = 100008
CLIENT_SECRET_WRONG = 100009
REDIRECT_URI_WRONG = 100010
CLIENT_OFFLINE = 100011
NOT_POST = 100012
ACCESS_TOKEN_WRONG = 100013
ACCESS_TOKEN_EXPIRED = 100014
ACCESS_TOKEN_REVOKED = 100015
ACCESS_TOKEN_CHECK_FAILED = 100016
APPID_FAILED = 100017
CODE_FAILED = 100018
CODE_WRONG = 100019
CODE_REUSED = 100020
REFRESH_TOKEN_WRONG = 100021
REFRESH_TOKEN_FAILED = 100022
WHICH_MISSING = 100028
BAD_REQUEST = 100029
NOT_GRANTED_BY_USER = 100030
NOT_ALLOWED_FOR_CLIENT = 100031
UNIONID_NOT_SET = 100048

ERRORS: Mapping[int, str] = MappingProxyType(
    {
        RESPONSE_TYPE_WRONG: "param response_type is wrong or lost ",
        CLIENT_ID_WRONG: "param client_id is wrong or lost ",
        CLIENT_SECRET_MISSING: "param client_secret is wrong or lost ",
        AUTHORIZATION_MISSING: "http head Authorization is lost ",
        GRANT_TYPE_WRONG: "param grant_type is wrong or lost ",
        CODE_MISSING: "param code is wrong or lost ",
        REFRESH_TOKEN_MISSING: "param refresh token is wrong or lost ",
        ACCESS_TOKEN_MISSING: "param access token is wrong or lost ",
        CLIENT_UNKNOWN: "client id is illegal, not exist",
        CLIENT_SECRET_WRONG: "client secret is illegal",
        REDIRECT_URI_WRONG: "redirect uri is illegal",
        CLIENT_OFFLINE: "app is not online",
        NOT_POST: "http method is not post",
        ACCESS_TOKEN_WRONG: "access token is illegal",
        ACCESS_TOKEN_EXPIRED: "access token is expired",
        ACCESS_TOKEN_REVOKED: "access token is revoked",
        ACCESS_TOKEN_CHECK_FAILED: "access token check failed",
        APPID_FAILED: "get appid error",
        CODE_FAILED: "get code error",
        CODE_WRONG: "code to access token error",
        CODE_REUSED: "code is reused error",
        REFRESH_TOKEN_WRONG: "get access token error",
        REFRESH_TOKEN_FAILED: "get refresh token error",
        WHICH_MISSING: "param which is wrong or lost ",
        BAD_REQUEST: "http request is illegal",
        NOT_GRANTED_BY_USER: "user has not authorized this api",
        NOT_ALLOWED_FOR_CLIENT: "app has no permission for this api",
        UNIONID_NOT_SET: "companyid not set",
    }
)
"""Number -> ``error_description``."""

RET_PARAMETER_WRONG = 1
RET_BUSY = 1001
RET_NOT_SIGNED_IN = 1002
RET_PARAMETER_INVALID = -1
RET_CLIENT_UNKNOWN = -2
RET_CLIENT_MAY_NOT = -3
RET_TOO_OFTEN = -6
RET_NO_SUCH_API = -9
RET_TOKEN_REVOKED = -21
RET_OPENID_INVALID = -22
RET_TOKEN_INVALID = -23

RETS: Mapping[int, str] = MappingProxyType(
    {
        RET_PARAMETER_WRONG: "parameter error",
        RET_BUSY: "service is busy",
        RET_NOT_SIGNED_IN: "请先登录",
        RET_PARAMETER_INVALID: "client request's parameters are invalid",
        RET_CLIENT_UNKNOWN: "appid is invalid",
        RET_CLIENT_MAY_NOT: "app has no permission for this api",
        RET_TOO_OFTEN: "too many requests",
        RET_NO_SUCH_API: "api does not exist",
        RET_TOKEN_REVOKED: "access token is revoked",
        RET_OPENID_INVALID: "openid is invalid",
        RET_TOKEN_INVALID: "token is invalid",
        NOT_POST: ERRORS[NOT_POST],
        NOT_GRANTED_BY_USER: ERRORS[NOT_GRANTED_BY_USER],
        NOT_ALLOWED_FOR_CLIENT: ERRORS[NOT_ALLOWED_FOR_CLIENT],
    }
)
"""``ret`` -> ``msg``. Below zero and down to -50 the gateway refused, above zero the API itself."""


def error_text(number: int) -> str:
    """What is said with this number."""
    return ERRORS.get(number, "error")


def ret_text(ret: int) -> str:
    """What is said with this ``ret``."""
    return RETS.get(ret, "")


def printable(foreign: str) -> str:
    """Foreign text made fit for an exception message and a log line; Chinese stays readable."""
    return _UNPRINTABLE.sub("?", foreign[:_FOREIGN_TEXT_LIMIT_CHARS])
