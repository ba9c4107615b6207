"""JSON inside a call of ``callback``, as QQ Connect has sent it since before browsers had CORS.

Owns the wrapping, both ways. The bytes are load-bearing: clients cut fixed numbers of characters from both ends. The
name of the function is never anybody's to choose. Rule 1 of docs/reference/qq-compatibility.md.
"""

import re

# Unicode line separators end a line in old JavaScript; the others would be markup in a page.
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_RISKY = re.compile("[" + "".join(_ESCAPES) + "]")
_NAME = re.compile(rb"[A-Za-z_$][\w$.]*")


def wrap(document: bytes) -> bytes:
    """``document``, compact JSON, as ``callback( {…} );`` and a newline."""
    return b"callback( " + document + b" );\n"


def unwrap(body: bytes) -> bytes:
    """The JSON in ``body``, whatever the function is called and however it is spaced; bare JSON stays as it is."""
    call = body.strip().removesuffix(b";").rstrip()
    name, parenthesis, rest = call.partition(b"(")
    if not parenthesis or not rest.endswith(b")") or not _NAME.fullmatch(name.strip()):
        return body
    return rest[:-1].strip()


def escape_markup(document: bytes) -> bytes:
    """The same JSON with nothing in it that a browser could take for markup.

    For bodies that go out as ``text/html``: a nickname is not to become a script. ``document`` is UTF-8.
    """
    return _RISKY.sub(lambda match: _ESCAPES[match[0]], document.decode("utf-8")).encode("utf-8")
