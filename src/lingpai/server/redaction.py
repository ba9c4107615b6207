"""What no line shows: secrets, by the name of a field and by the look of a text, and what could forge a second line.

Owns: that, for lines and for whatever else is kept for an operator to read. A net, not the rule: see ``log``.
"""

import functools
import re
from collections.abc import Mapping

REDACTED = "[redacted]"
_TEXT_LIMIT = 2_000  # characters of one value: a parameter of 1 MB must not become a line of 1 MB
_DEPTH_LIMIT = 4

_SECRET_NAMES = (
    "access_token|refresh_token|id_token|token|code|code_verifier|state|nonce|password|client_secret|client_assertion|"
    "assertion|id_token_hint|request|request_uri|device_code|user_code|csrf"
)
_SECRET_KEY = re.compile(
    r"password|passwd|secret|token(?!_type)|verifier|cookie|assertion|credential|private|master_key|csrf"
    r"|^(code|state|nonce|otp|query|query_string|authorization|session|form|body|headers)$",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    # Codes, tokens and requests sealed by us: the prefix is ours, so nothing else can look like it.
    (re.compile(r"lp[a-z]+_[0-9a-f]{40,}", re.IGNORECASE), REDACTED),
    # Signed tokens, ours and foreign ones: the first segment is a JSON object.
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*){0,3}"), REDACTED),
    (re.compile(r"\b(basic|bearer|dpop)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {REDACTED}"),
    # A library that puts an address, a form or a JSON body into its message.
    (re.compile(rf"(?<![\w-])({_SECRET_NAMES})=[^&\s\"'<>;]+", re.IGNORECASE), rf"\1={REDACTED}"),
    (re.compile(rf"([\"'](?:{_SECRET_NAMES})[\"']\s*:\s*[\"'])[^\"']+", re.IGNORECASE), rf"\1{REDACTED}"),
)
# One look that spares nearly every value the patterns above: a line must not cost as much as its request.
_MAY_BE_SECRET = re.compile(r"=|[\"']\s*:|_[0-9a-f]{40}|eyJ|(?:basic|bearer|dpop)\s", re.IGNORECASE)
# A line break or a terminal's escape sequence from outside could forge a second line.
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))} | {
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def redact(fields: Mapping[str, object]) -> dict[str, object]:
    """Mask secrets, by the name of the field and by the look of the text."""
    return {key: _clean(key, value) for key, value in fields.items()}


def _clean(key: str, value: object, depth: int = 0) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _is_secret_key(key):
        return REDACTED
    if isinstance(value, str):
        return _clean_text(value, one_line=key != "exception")  # our own tracebacks have many lines on purpose
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if depth < _DEPTH_LIMIT and isinstance(value, Mapping):
        return {str(name): _clean(str(name), item, depth + 1) for name, item in value.items()}
    if depth < _DEPTH_LIMIT and isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, item, depth + 1) for item in value]
    return _clean_text(str(value), one_line=True)


@functools.lru_cache(maxsize=1024)
def _is_secret_key(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def _clean_text(text: str, *, one_line: bool) -> str:
    # Masked before it is cut: half a token would not be recognised any more.
    if _MAY_BE_SECRET.search(text):
        for pattern, mask in _SECRET_TEXT:
            text = pattern.sub(mask, text)
    if not one_line or (len(text) <= _TEXT_LIMIT and text.isprintable()):
        return text
    if len(text) > _TEXT_LIMIT:
        text = f"{text[:_TEXT_LIMIT]}… ({len(text)} characters)"
    return text.translate(_CONTROL)
