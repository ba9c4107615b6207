"""Baidu (百度): nearly standard; two kinds of errors, and a picture that is only half an address.

Documented: endpoints, ``openid`` and (with ``get_unionid``) ``unionid`` in place of the old ``userid``. Seen:
``error_code`` under status 200 from the API. Not verified: the host of portraits; refreshing by POST (documented as
GET, done so here).
"""

from lingpai.client.platforms.answers import JsonAnswer, Refusal
from lingpai.client.platforms.platform import Application, Authorization, Call, Person, Platform
from lingpai.client.platforms.presets import standard
from lingpai.dialects.base import WireBody

_READ = JsonAnswer(refusals=(Refusal("error_code", ("error_msg",)), Refusal("error")))


def platform(app: Application) -> Platform:
    """Sign in with Baidu."""
    token_endpoint = app.at("https://openapi.baidu.com/oauth/2.0/token")
    return Platform(
        name="baidu",
        title="Baidu",
        title_zh="百度",
        issuer=app.at("https://openapi.baidu.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at("https://openapi.baidu.com/oauth/2.0/authorize"), default_scope="basic"
        ),
        token=standard.token_call(token_endpoint, _READ),
        refresh=standard.refresh_call(token_endpoint, _READ),
        lookups=(
            Call(
                endpoint=app.at("https://openapi.baidu.com/rest/2.0/passport/users/getInfo"),
                params=(("access_token", "access_token"),),
                fixed=(("get_unionid", "1"),),
                read=_read_person,
            ),
        ),
        person=Person(
            subject=("openid", "userid"), union_subject=("unionid",), name=("username",), picture=("picture",), email=()
        ),
    )


def _read_person(body: WireBody) -> dict[str, object]:
    claims = _READ(body)
    portrait = claims.get("portrait")
    if isinstance(portrait, str) and portrait.isalnum():
        claims["picture"] = f"https://himg.bdimg.com/sys/portrait/item/{portrait}"
    return claims
