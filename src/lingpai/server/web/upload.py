"""A form with one file. Owns the limits under which it is read; nothing touches the disk, and nothing is held that is
longer than a picture may be.

Spec: RFC 7578 §4
"""

from collections.abc import AsyncGenerator

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, encode_params, parse_params
from lingpai.server.http import BodyTooLarge

_FIELDS = 8
_ENVELOPE_BYTES = 8_192


async def read_upload(request: Request, *, limit_bytes: int) -> tuple[Params, bytes]:
    """The fields, and the file's bytes (empty: none was chosen). Raises ``InvalidRequest``, ``BodyTooLarge``."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise InvalidRequest("the Content-Type must be multipart/form-data")
    body = await _read(request, limit_bytes + _ENVELOPE_BYTES)
    parser = MultiPartParser(
        request.headers, _once(body), max_files=1, max_fields=_FIELDS, max_part_size=_ENVELOPE_BYTES
    )
    # The library moves a file to the disk when it grows beyond this.
    parser.spool_max_size = limit_bytes + _ENVELOPE_BYTES
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise InvalidRequest("the form cannot be read") from error
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    content = await files[0].read() if files else b""
    await form.close()
    try:
        return parse_params(encode_params(fields)), content
    except UnicodeEncodeError:  # who sends a form chooses its charset, and some decode to what is no text
        raise InvalidRequest("the form is no text") from None


async def _read(request: Request, limit_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit_bytes:
            raise BodyTooLarge(f"the body is longer than {limit_bytes} bytes")
    return bytes(body)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
