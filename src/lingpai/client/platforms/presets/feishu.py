"""Feishu (飞书), and Lark abroad: ``code`` 0 for success, everything about a person inside ``data``.

Documented: both versions of the token endpoint; version 2 is nearly RFC 6749 in JSON and knows PKCE, version 1 wants
the application's own token first. Refreshing needs the scope ``offline_access``. Seen: version 1's answers. Not
verified: that error answers of version 2 always have status 400 (status 200 works too).
"""

from typing import Literal

from lingpai.client.platforms.answers import JsonAnswer, Refusal
from lingpai.client.platforms.platform import Application, Authorization, Call, Pairs, Person, Platform
from lingpai.client.platforms.presets import standard

_REFUSALS = (Refusal("code", ("error_description", "msg", "message")), Refusal("error"))
_READ = JsonAnswer(refusals=_REFUSALS)
_READ_DATA = JsonAnswer(refusals=_REFUSALS, inside="data")
_APP_TOKEN = (("Authorization", "Bearer ", "app_access_token"),)


def platform(
    app: Application, *, version: Literal[1, 2] = 2, region: Literal["feishu.cn", "larksuite.com"] = "feishu.cn"
) -> Platform:
    """``version`` of the token endpoint; ``region``: where the application was made."""
    open_ = f"https://open.{region}/open-apis"
    code, refresh = _version_1(app, open_) if version == 1 else _version_2(app, open_)
    return Platform(
        name="feishu",
        title="Feishu" if region == "feishu.cn" else "Lark",
        title_zh="飞书",
        issuer=app.at(f"https://open.{region}"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at(f"https://accounts.{region}/open-apis/authen/v1/authorize"), pkce=version == 2
        ),
        before=(_app_access_token(app, open_),) if version == 1 else (),
        token=code,
        refresh=refresh,
        lookups=(Call(endpoint=app.at(f"{open_}/authen/v1/user_info"), headers=standard.BEARER, read=_READ_DATA),),
        person=Person(
            subject=("open_id",),
            union_subject=("union_id",),
            name=("name", "en_name"),
            picture=("avatar_url",),
            email=("enterprise_email", "email"),
        ),
    )


def _version_2(app: Application, open_: str) -> tuple[Call, Call]:
    endpoint = app.at(f"{open_}/authen/v2/oauth/token")

    def call(fixed: Pairs, params: Pairs) -> Call:
        return Call(
            endpoint=endpoint, method="POST", carrier="json", fixed=fixed, params=standard.CLIENT + params, read=_READ
        )

    return call(standard.BY_CODE, standard.CODE), call(standard.BY_REFRESH, standard.REFRESH)


def _version_1(app: Application, open_: str) -> tuple[Call, Call]:
    def call(path: str, fixed: Pairs, params: Pairs) -> Call:
        return Call(
            endpoint=app.at(f"{open_}/authen/v1/oidc/{path}"),
            method="POST",
            carrier="json",
            headers=_APP_TOKEN,
            fixed=fixed,
            params=params,
            read=_READ_DATA,
        )

    return (
        call("access_token", standard.BY_CODE, (("code", "code"),)),
        call("refresh_access_token", standard.BY_REFRESH, standard.REFRESH),
    )


def _app_access_token(app: Application, open_: str) -> Call:
    """Proof that we are the application, asked for anew each time: it costs a call and saves a cache."""
    return Call(
        endpoint=app.at(f"{open_}/auth/v3/app_access_token/internal"),
        method="POST",
        carrier="json",
        params=(("app_id", "client_id"), ("app_secret", "client_secret")),
        read=_READ,
    )
