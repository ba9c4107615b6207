"""Reading a request into parameters and files: HTTP for ``dialects.qq_params``, which says what is forgiven."""

import re

from starlette.requests import Request

from lingpai.dialects.openapi import OpenApiRequest
from lingpai.dialects.qq_params import FORM, MULTIPART, merge_params, read_multipart
from lingpai.oauth.params import Params
from lingpai.server.http import BODY_LIMIT_BYTES, escape_raw_bytes, find_header, read_body

_BEARER = re.compile(r"\s*(?:bearer|oauth2?)\s+([\w.~+/=-]{1,16384})\s*", re.IGNORECASE)


async def read_params(request: Request) -> Params:
    """Query and form as one. Raises ``InvalidRequest``, ``BodyTooLarge``."""
    body = b""
    # Some clients send a body with a GET, credentials and all.
    if _media_type(request) == FORM:
        body = escape_raw_bytes(await read_body(request, FORM, BODY_LIMIT_BYTES)).encode("ascii")
    return merge_params(_query(request), body)


async def read_openapi_request(request: Request, upload_limit_bytes: int) -> OpenApiRequest:
    """The same with the files of a form, where the API takes any. Raises ``InvalidRequest``, ``BodyTooLarge``."""
    if upload_limit_bytes and _media_type(request) == MULTIPART:
        body = await read_body(request, MULTIPART, upload_limit_bytes)
        fields, files = read_multipart(find_header(request, b"content-type") or "", body)
        return OpenApiRequest(merge_params(_query(request), fields), files, bearer_token(request))
    return OpenApiRequest(await read_params(request), {}, bearer_token(request))


def bearer_token(request: Request) -> str:
    """The token of an ``Authorization`` header; empty when there is none."""
    match = _BEARER.fullmatch(find_header(request, b"authorization") or "")
    return match[1] if match else ""


def _query(request: Request) -> bytes:
    return escape_raw_bytes(request.scope["query_string"]).encode("ascii")


def _media_type(request: Request) -> str:
    return (find_header(request, b"content-type") or "").partition(";")[0].strip().lower()
