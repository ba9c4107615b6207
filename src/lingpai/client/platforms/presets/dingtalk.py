"""DingTalk (钉钉), the API of version 1.0: JSON in camel case, ``authCode``, a header of its own for the token.

Documented: endpoints, bodies, header, ``prompt=consent``. Seen: ``code`` beside ``authCode`` in the callback, errors
as ``code`` and ``message`` under status 400. Not verified: what comes back when the person says no.
"""

from lingpai.client.platforms.answers import JsonAnswer, Refusal
from lingpai.client.platforms.platform import Application, Authorization, Call, Pairs, Person, Platform

_READ = JsonAnswer(
    refusals=(Refusal("code", ("message",)),),
    names={"accessToken": "access_token", "refreshToken": "refresh_token", "expireIn": "expires_in"},
)
_CLIENT: Pairs = (("clientId", "client_id"), ("clientSecret", "client_secret"))


def platform(app: Application) -> Platform:
    """Sign in with DingTalk; a ``scope`` of ``openid corpid`` also asks for the organisation."""
    token_endpoint = app.at("https://api.dingtalk.com/v1.0/oauth2/userAccessToken")
    return Platform(
        name="dingtalk",
        title="DingTalk",
        title_zh="钉钉",
        issuer=app.at("https://api.dingtalk.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at("https://login.dingtalk.com/oauth2/auth"),
            default_scope="openid",
            extra=(("prompt", "consent"),),
            code="authCode",
        ),
        token=Call(
            endpoint=token_endpoint,
            method="POST",
            carrier="json",
            fixed=(("grantType", "authorization_code"),),
            params=(*_CLIENT, ("code", "code")),
            read=_READ,
        ),
        refresh=Call(
            endpoint=token_endpoint,
            method="POST",
            carrier="json",
            fixed=(("grantType", "refresh_token"),),
            params=(*_CLIENT, ("refreshToken", "refresh_token")),
            read=_READ,
        ),
        lookups=(
            Call(
                endpoint=app.at("https://api.dingtalk.com/v1.0/contact/users/me"),
                headers=(("x-acs-dingtalk-access-token", "", "access_token"),),
                read=_READ,
            ),
        ),
        person=Person(subject=("openId",), union_subject=("unionId",), name=("nick",), picture=("avatarUrl",)),
    )
