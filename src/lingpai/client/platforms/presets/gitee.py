"""Gitee: standard, with JSON errors.

As clients that work with it do it, not checked against a running service. The address in ``email`` is the one a
person shows on their profile, not one that was checked. Not verified: PKCE.
"""

from lingpai.client.platforms.answers import JsonAnswer
from lingpai.client.platforms.platform import Application, Authorization, Call, Person, Platform
from lingpai.client.platforms.presets import standard


def platform(app: Application) -> Platform:
    """Sign in with Gitee."""
    token_endpoint = app.at("https://gitee.com/oauth/token")
    return Platform(
        name="gitee",
        title="Gitee",
        title_zh="Gitee",
        issuer=app.at("https://gitee.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(endpoint=app.at("https://gitee.com/oauth/authorize"), default_scope="user_info"),
        token=standard.token_call(token_endpoint, JsonAnswer(), post=True),
        refresh=standard.refresh_call(token_endpoint, JsonAnswer(), post=True),
        lookups=(Call(endpoint=app.at("https://gitee.com/api/v5/user"), headers=standard.BEARER, read=JsonAnswer()),),
        person=Person(subject=("id",), name=("name", "login"), picture=("avatar_url",)),
    )
