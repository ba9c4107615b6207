"""Parameters as old SDKs send them: query and body together, the same thing said twice, files in a form. Pure.

Owns what the dialect forgives. Two different values for one name it does not: then nobody knows which one counts.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from lingpai.dialects.openapi import Upload
from lingpai.oauth.errors import InvalidRequest
from lingpai.oauth.params import Params, encode_params, parse_params

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
_PARTS_LIMIT_COUNT = 50
_VALUE_LIMIT_BYTES = 16_384
_HEAD_LIMIT_BYTES = 4096
_NAME_LIMIT_CHARS = 255
_BOUNDARY = re.compile(r";\s*boundary=(?:\"([!-!#-~ ]{1,70})\"|([!#-+.-:=?-Z_a-z~-]{1,70}))", re.IGNORECASE | re.ASCII)
_DISPOSITION = re.compile(r";\s*(name|filename\*?)=\"?([^\";\r\n]*)\"?", re.IGNORECASE)


def merge_params(*encoded: bytes) -> Params:
    """The parameters of query and body as one. Raises ``InvalidRequest`` as ``parse_params``."""
    unique: dict[tuple[bytes, bytes], bytes] = {}
    for segment in b"&".join(encoded).split(b"&"):
        name, _, value = segment.partition(b"=")
        unique.setdefault((_decoded(name), _decoded(value)), segment)
    return parse_params(b"&".join(segment for segment in unique.values() if segment))


def read_multipart(content_type: str, body: bytes) -> tuple[bytes, Mapping[str, Upload]]:
    """The fields of a form with files, encoded like a query, and the files by field. Raises ``InvalidRequest``.

    Split in one pass and strictly: the parsers for mail take minutes for what somebody can send in a second.

    Spec: RFC 7578 §4
    """
    fields: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    for part in _split(content_type, body):
        name, filename, type_, content = _read_part(part)
        if filename is None and len(content) <= _VALUE_LIMIT_BYTES:
            fields.append((name, _text(content)))
        elif filename is None:
            raise InvalidRequest("a field of the form is too long")
        elif name in files:
            raise InvalidRequest("a file is sent more than once")
        else:
            files[name] = Upload(filename[:_NAME_LIMIT_CHARS], type_, content)
    return encode_params(fields).encode("ascii"), files


def _split(content_type: str, body: bytes) -> list[bytes]:
    """Each part with its head, without the line breaks around it."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise InvalidRequest("the form does not say what separates its parts")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("ascii")
    _, *parts = (b"\r\n" + body).split(delimiter, _PARTS_LIMIT_COUNT + 1)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise InvalidRequest("the form is empty, cut off, or has too many parts")
    if not all(part.startswith(b"\r\n") for part in parts[:-1]):
        raise InvalidRequest("the parts of the form are not separated as announced")
    return [part[2:] for part in parts[:-1]]


def _read_part(part: bytes) -> tuple[str, str | None, str, bytes]:
    """Name, file name if it is a file, type and content. Spec: RFC 7578 §4.2"""
    head, separator, content = part.partition(b"\r\n\r\n")
    if not separator or len(head) > _HEAD_LIMIT_BYTES:
        raise InvalidRequest("a part of the form has no head, or a very long one")
    headers: dict[str, str] = {}
    for line in _text(head).split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    said = dict(_DISPOSITION.findall(headers.get("content-disposition", "")))
    if not said.get("name"):
        raise InvalidRequest("a part of the form has no name")
    filename = said.get("filename", "" if "filename*" in said else None)
    return said["name"], filename, headers.get("content-type", "application/octet-stream"), content


def _decoded(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest("a field of the form is not UTF-8") from error
