"""``WWW-Authenticate``: writing a challenge, reading those of others.

Owns: the grammar. Leaves: which parameters a refusal has to ``guard`` and ``server.endpoints``.

Spec: RFC 9110 §11.6.1; RFC 6750 §3
"""

import re

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME = re.compile(_TOKEN)
_SEPARATORS = re.compile(r"[ \t,]*")
_PARAM = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))(?=[ \t]*(?:,|\Z))')
_SCHEME = re.compile(rf"({_TOKEN})(?:[ \t]+|(?=,)|\Z)")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|\Z))")
_UNWRITABLE = re.compile(r"[^\x20-\x7e]")


def write_challenge(scheme: str, **params: str) -> str:
    """A ``WWW-Authenticate`` value. What a header cannot carry becomes ``?``, so no value can start a new header.

    Spec: RFC 9110 §11.6.1; RFC 9110 §5.6.4; RFC 6750 §3
    """
    for name in (scheme, *params):
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a token of RFC 9110: {name!r}")
    written = ", ".join(f'{name}="{_escape(value)}"' for name, value in params.items())
    return f"{scheme} {written}" if written else scheme


def parse_challenge(header: str) -> list[tuple[str, dict[str, str]]]:
    """Every challenge in a ``WWW-Authenticate`` value: its scheme as sent, its parameters by lower-case name.

    The value is foreign: reading stops at the first thing that is no challenge, and what came before is returned.
    Of a repeated parameter the first counts; a token68 (``Negotiate abc=``) is left out.

    Spec: RFC 9110 §11.6.1
    """
    challenges: list[tuple[str, dict[str, str]]] = []
    position = 0
    while position < len(header):
        position = _skip(_SEPARATORS, header, position)
        param = _PARAM.match(header, position)
        scheme = _SCHEME.match(header, position)
        if param and challenges:
            quoted, plain = param[2], param[3]
            challenges[-1][1].setdefault(param[1].lower(), plain if quoted is None else _unescape(quoted))
            position = param.end()
        elif scheme:
            challenges.append((scheme[1], {}))
            position = scheme.end()
            # A parameter such as realm=x cannot be a token68, except where that is all there is: param wins.
            if not _PARAM.match(header, position):
                position = _skip(_TOKEN68, header, position)
        else:
            break
    return challenges


def _skip(pattern: re.Pattern[str], header: str, position: int) -> int:
    match = pattern.match(header, position)
    return match.end() if match else position


def _escape(value: str) -> str:
    return re.sub(r'(["\\])', r"\\\1", _UNWRITABLE.sub("?", value))


def _unescape(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted)
