"""QQ: tokens in a query string, a call in between for the openid, JSONP, numeric errors under status 200.

Documented: endpoints, parameters, ``fmt=json``, ``unionid=1``, comma between scopes, ``usercancel`` on phones, the
common parameters of the APIs. Seen: all answers and error texts. Not verified: ``code`` and ``msg`` in the callback,
which an older page names; PKCE, which is therefore not sent.
"""

import msgspec

from lingpai.client.platforms.platform import Application, Authorization, Call, Pairs, Person, Platform
from lingpai.client.platforms.presets import standard
from lingpai.dialects import qq, qq_openapi
from lingpai.dialects.base import WireBody

_API: Pairs = (("access_token", "access_token"), ("oauth_consumer_key", "client_id"), ("openid", "openid"))

_PERSON = Person(
    subject=("openid",),
    union_subject=("unionid",),
    name=("nickname",),
    picture=("figureurl_qq", "figureurl_qq_2", "figureurl_qq_1", "figureurl_2", "figureurl_1", "figureurl"),
    email=(),
)


def platform(app: Application, *, unionid: bool = False) -> Platform:
    """``unionid``: also ask who the person is to all applications of the developer, which has to be applied for."""
    token_endpoint = app.at("https://graph.qq.com/oauth2.0/token")
    me: Pairs = (("unionid", "1"),) if unionid else ()
    return Platform(
        name="qq",
        title="QQ",
        title_zh="QQ",
        issuer=app.at("https://graph.qq.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at("https://graph.qq.com/oauth2.0/authorize"),
            default_scope="get_user_info",
            scope_separator=",",
            cancel="usercancel",
            error_beside="msg",
        ),
        token=standard.token_call(token_endpoint, _read_tokens),
        refresh=standard.refresh_call(token_endpoint, _read_tokens),
        lookups=(
            Call(
                endpoint=app.at("https://graph.qq.com/oauth2.0/me"),
                params=(("access_token", "access_token"),),
                fixed=me,
                read=_read_me,
            ),
            Call(endpoint=app.at("https://graph.qq.com/user/get_user_info"), params=_API, read=qq_openapi.read_result),
        ),
        person=_PERSON,
    )


def _read_tokens(body: WireBody) -> dict[str, object]:
    tokens = qq.read_tokens(body)
    return {name: value for name, value in (msgspec.structs.asdict(tokens) | tokens.extra).items() if name != "extra"}


def _read_me(body: WireBody) -> dict[str, object]:
    return msgspec.structs.asdict(qq.read_me(body))
