"""Errors of the admin API. Spec: RFC 9457 §3"""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import msgspec
from starlette.responses import Response

from lingpai.server.http import NO_STORE, ReadyResponse, raw_headers

_HEADERS = raw_headers([("content-type", "application/problem+json"), *NO_STORE.items()])


def problem(status: int, detail: str, problems: Mapping[str, str] = MappingProxyType({})) -> Response:
    """``detail`` is one sentence for the caller; ``problems``: field -> what is wrong with it."""
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if problems:
        document["problems"] = dict(problems)
    return ReadyResponse(msgspec.json.encode(document), status, _HEADERS)
