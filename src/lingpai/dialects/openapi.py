"""Writing an API in QQ Connect's manner: what a service says about its endpoint, and everything done around it.

A service lists ``OpenApiEndpoint``s; each names its path and an async function from an ``OpenApiCall`` to the members
of the answer. ``answer`` does the rest: the common parameters, whose token it is, the permission, ``format``, and the
shape of every error. It runs in the authorization server (setting ``openapi``) and behind ``lingpai.guard`` alike; each
brings its own way to prove a token.
"""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from lingpai.dialects import qq_openapi
from lingpai.dialects.base import WireBody
from lingpai.dialects.qq_errors import (
    NOT_GRANTED_BY_USER,
    NOT_POST,
    RET_CLIENT_MAY_NOT,
    RET_NO_SUCH_API,
    RET_OPENID_INVALID,
    RET_PARAMETER_INVALID,
    RET_TOKEN_INVALID,
    ret_text,
)
from lingpai.dialects.qq_openapi import Format
from lingpai.oauth.params import Params
from lingpai.oauth.scope import Scope

COMMON_PARAMETERS = frozenset({"access_token", "oauth_consumer_key", "openid", "format"})


class OpenApiRefused(Exception):
    """Answer with this ``ret`` instead of a result. ``msg``: only where the table's text is not the whole of it."""

    def __init__(self, ret: int, msg: str | None = None) -> None:
        super().__init__(f"{ret} {ret_text(ret) if msg is None else msg}")
        self.ret = ret
        self.msg = msg


class Upload(Struct, frozen=True):
    """A file out of a form. Its name and type are what the client says; neither is proven."""

    filename: str
    content_type: str
    content: bytes

    def __repr__(self) -> str:
        return f"Upload({self.filename!r}, {len(self.content)} bytes)"


class Caller(Struct, frozen=True):
    """A proven token's person and application. ``scope``: what the person allows at this moment."""

    client_id: str
    openid: str
    subject: str
    """``sub`` of the person: stable, and the same for all applications."""
    username: str
    scope: Scope
    client_scope: Scope | None = None
    """Everything the application is registered for; ``None``: only the authorization server knows."""


class OpenApiRequest(Struct, frozen=True):
    """What came over HTTP, query and body together."""

    params: Params
    files: Mapping[str, Upload] = {}
    bearer: str = ""
    """The token of an ``Authorization`` header, which some clients send besides the parameter."""


class OpenApiCall(Struct, frozen=True):
    """A call that may go on: proven, permitted, and for the person whose ``openid`` it names."""

    caller: Caller
    params: Params
    """Without the common ones."""
    files: Mapping[str, Upload]

    def require(self, name: str) -> str:
        """A parameter. Raises ``OpenApiRefused`` when it is not there."""
        value = self.params.get(name)
        if value is None:
            raise OpenApiRefused(RET_PARAMETER_INVALID, f"{ret_text(RET_PARAMETER_INVALID)}, lost {name}")
        return value

    def text(self, name: str, *, limit_chars: int, default: str = "") -> str:
        """A parameter of at most so many characters. Raises ``OpenApiRefused`` for a longer one."""
        value = self.params.get(name) or default
        if len(value) > limit_chars:
            raise OpenApiRefused(RET_PARAMETER_INVALID, f"{ret_text(RET_PARAMETER_INVALID)}, invalid {name}")
        return value


Answer = Callable[[OpenApiCall], Awaitable[Mapping[str, object]]]
Prove = Callable[[str], Awaitable[Caller]]
"""Access token -> whose it is. Raises ``OpenApiRefused``."""


class OpenApiEndpoint(Struct, frozen=True, kw_only=True):
    """One API. ``permission``: the scope that opens it; by default the last word of the path."""

    path: str
    answer: Answer
    permission: str = ""
    methods: tuple[str, ...] = ("GET", "POST")
    spaced: bool = False
    """Blanks around the colons of its JSON, as QQ's photo service writes; one old client looks for them."""
    xml: bool = True
    """Whether ``format=xml`` is honoured; otherwise it is passed over, as get_user_info does."""
    upload_limit_bytes: int = 0
    """How much a form with files may hold. 0: this API takes none."""

    @property
    def scope_name(self) -> str:
        """The permission it needs."""
        return self.permission or self.path.rsplit("/", 1)[-1]

    def check_method(self, method: str) -> None:
        """Raise ``OpenApiRefused`` for an HTTP method it does not take: old SDKs cannot read a status of 405."""
        if method not in self.methods:
            raise OpenApiRefused(NOT_POST if self.methods == ("POST",) else RET_NO_SUCH_API)


async def answer(endpoint: OpenApiEndpoint, request: OpenApiRequest, prove: Prove) -> WireBody:
    """The answer to a call, whatever it is: every refusal too is a body with ``ret`` and ``msg``."""
    try:
        return await result(endpoint, request, prove)
    except OpenApiRefused as refused:
        return refusal(endpoint, refused, asked_format(endpoint, request.params.get("format")))


async def result(endpoint: OpenApiEndpoint, request: OpenApiRequest, prove: Prove) -> WireBody:
    """The same for whoever wants to know of a refusal. Raises ``OpenApiRefused``."""
    call = await _admit(endpoint, request, prove)
    format_ = asked_format(endpoint, request.params.get("format"))
    return qq_openapi.write_result(await endpoint.answer(call), format=format_, spaced=endpoint.spaced)


def refusal(endpoint: OpenApiEndpoint, refused: OpenApiRefused, format_: Format) -> WireBody:
    """A refusal in the shape this API answers in."""
    return qq_openapi.write_refusal(refused.ret, refused.msg, format=format_, spaced=endpoint.spaced)


def asked_format(endpoint: OpenApiEndpoint, text: str | None) -> Format:
    """The parameter ``format``: everything but ``xml`` is JSON."""
    return "xml" if endpoint.xml and text == "xml" else "json"


async def _admit(endpoint: OpenApiEndpoint, request: OpenApiRequest, prove: Prove) -> OpenApiCall:
    params = request.params
    access_token, openid = params.get("access_token") or request.bearer, params.get("openid")
    consumer_key = params.get("oauth_consumer_key")
    for name, value in (("access_token", access_token), ("oauth_consumer_key", consumer_key), ("openid", openid)):
        if not value:
            raise OpenApiRefused(RET_PARAMETER_INVALID, f"{ret_text(RET_PARAMETER_INVALID)}, lost {name}")
    caller = await prove(access_token or "")
    # A token of one application must not work in the name of another: that is how logins are confused.
    if consumer_key != caller.client_id:
        raise OpenApiRefused(RET_TOKEN_INVALID)
    if openid != caller.openid:
        raise OpenApiRefused(RET_OPENID_INVALID)
    if caller.client_scope is not None and endpoint.scope_name not in caller.client_scope:
        raise OpenApiRefused(RET_CLIENT_MAY_NOT)
    if endpoint.scope_name not in caller.scope:
        raise OpenApiRefused(NOT_GRANTED_BY_USER)
    own = {name: params.get_all(name) for name in params if name not in COMMON_PARAMETERS}
    return OpenApiCall(caller, Params(own), request.files)
