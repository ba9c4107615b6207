"""Weibo (微博): the person's ``uid`` comes with the tokens, and every API wants it.

As clients that work with it do it, not checked against a running service: endpoints, ``uid``, comma between scopes,
``error`` with ``error_code``. Seen: ``remind_in`` beside ``expires_in``. Not verified: refreshing, which the platform
offers to its own mobile SDKs only; it is left out.
"""

from lingpai.client.platforms.answers import JsonAnswer, Refusal
from lingpai.client.platforms.platform import Application, Authorization, Call, Person, Platform
from lingpai.client.platforms.presets import standard

_REFUSALS = (Refusal("error_code", ("error_description", "error")), Refusal("error"))


def platform(app: Application) -> Platform:
    """Sign in with Weibo; ``scope`` ``email`` has to be applied for."""
    return Platform(
        name="weibo",
        title="Weibo",
        title_zh="微博",
        issuer=app.at("https://api.weibo.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(endpoint=app.at("https://api.weibo.com/oauth2/authorize"), scope_separator=","),
        token=standard.token_call(
            app.at("https://api.weibo.com/oauth2/access_token"), JsonAnswer(refusals=_REFUSALS), post=True
        ),
        lookups=(
            Call(
                endpoint=app.at("https://api.weibo.com/2/users/show.json"),
                params=(("access_token", "access_token"), ("uid", "uid")),
                read=JsonAnswer(refusals=_REFUSALS, names={"idstr": "uid"}),
            ),
        ),
        person=Person(subject=("uid",), name=("screen_name", "name"), picture=("avatar_hd", "avatar_large"), email=()),
    )
