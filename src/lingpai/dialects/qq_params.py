"""Parameters as old SDKs send them: query and body together, the same thing said twice, files in a form. Pure.

Owns what the dialect forgives. Two different values for one name it does not: then nobody knows which one counts.
"""

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import unquote_to_bytes

from lingpai.dialects.openapi import Upload
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, encode_params, parse_params

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_PARTS_LIMIT_COUNT = 50
_VALUE_LIMIT_BYTES = 16_384


def merge_params(*encoded: bytes) -> Params:
    """The parameters of query and body as one. Raises ``InvalidRequest`` as ``parse_params``."""
    unique: dict[tuple[bytes, bytes], bytes] = {}
    for segment in b"&".join(encoded).split(b"&"):
        name, _, value = segment.partition(b"=")
        unique.setdefault((_decoded(name), _decoded(value)), segment)
    return parse_params(b"&".join(segment for segment in unique.values() if segment))


def read_multipart(content_type: str, body: bytes) -> tuple[bytes, Mapping[str, Upload]]:
    """The fields of a form with files, encoded like a query, and the files by field. Raises ``InvalidRequest``."""
    head = f"content-type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts or message.defects or len(parts) > _PARTS_LIMIT_COUNT:
        raise InvalidRequest("the body is not a form with files, or has too many parts")
    fields: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            raise InvalidRequest("a part of the form has no name")
        filename = part.get_filename()
        if filename is not None:
            if name in files:
                raise InvalidRequest("a file is sent more than once")
            files[name] = Upload(filename[:255], part.get_content_type(), content)
        elif len(content) <= _VALUE_LIMIT_BYTES:
            fields.append((name, _text(content)))
        else:
            raise InvalidRequest("a field of the form is too long")
    return encode_params(fields).encode("ascii"), files


def _decoded(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("a field of the form is not UTF-8") from error
