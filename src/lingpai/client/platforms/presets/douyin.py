"""Douyin (抖音): ``client_key``, everything inside ``data``, errors by number under status 200, refresh without secret.

Documented: endpoints and envelopes; numbers come as text or as numbers. The access token lives 15 days, the refresh
token 30, and refreshing does not renew the latter. Not verified: what comes back when the person says no; PKCE.
"""

from lingpai.client.platforms.answers import JsonAnswer, Refusal
from lingpai.client.platforms.platform import Application, Authorization, Call, Pairs, Person, Platform
from lingpai.client.platforms.presets import standard

_READ = JsonAnswer(refusals=(Refusal("error_code", ("description",)),), inside="data")

_KEY = ("client_key", "client_id")
_PERSON = Person(subject=("open_id",), union_subject=("union_id",), name=("nickname",), picture=("avatar",), email=())


def platform(app: Application) -> Platform:
    """Sign in with Douyin."""
    return Platform(
        name="douyin",
        title="Douyin",
        title_zh="抖音",
        issuer=app.at("https://open.douyin.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at("https://open.douyin.com/platform/oauth/connect/"),
            client_id="client_key",
            default_scope="user_info",
            scope_separator=",",
        ),
        token=_post(
            app,
            "access_token",
            (_KEY, ("client_secret", "client_secret"), ("code", "code")),
            standard.BY_CODE,
        ),
        refresh=_post(app, "refresh_token", (_KEY, *standard.REFRESH), standard.BY_REFRESH),
        lookups=(_post(app, "userinfo", (("access_token", "access_token"), ("open_id", "open_id"))),),
        person=_PERSON,
    )


def _post(app: Application, path: str, params: Pairs, fixed: Pairs = ()) -> Call:
    return Call(
        endpoint=app.at(f"https://open.douyin.com/oauth/{path}/"),
        method="POST",
        carrier="form",
        fixed=fixed,
        params=params,
        read=_READ,
    )
