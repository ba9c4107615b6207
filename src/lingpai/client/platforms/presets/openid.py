"""Any OpenID Connect provider, and what Google, Microsoft and Apple have in common: an ID Token says who it is.

Every provider's endpoints, Google's too, come from its own metadata.
"""

from lingpai.client.platforms.answers import JsonAnswer
from lingpai.client.platforms.platform import Application, Authorization, Call, OpenId, Person, Platform
from lingpai.client.platforms.presets import standard

TOKEN = Call(method="POST", carrier="form", fixed=standard.BY_CODE, params=standard.CODE, read=JsonAnswer())
REFRESH = Call(method="POST", carrier="form", fixed=standard.BY_REFRESH, params=standard.REFRESH, read=JsonAnswer())
USERINFO = Call(headers=standard.BEARER, read=JsonAnswer(), optional=True)
PERSON = Person(subject=("sub",), name=("name", "nickname", "preferred_username"), email_verified=("email_verified",))


def platform(app: Application, *, title: str = "OpenID Connect") -> Platform:
    """Sign in with the OpenID Connect provider whose issuer is ``base_url``."""
    if app.base_url is None:
        raise ValueError("openid needs base_url, the issuer")
    return Platform(
        name="openid",
        title=title,
        title_zh=title,
        issuer=app.base_url,
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(default_scope="openid profile email", required_scope="openid", pkce=True),
        token=TOKEN,
        refresh=REFRESH,
        lookups=(USERINFO,),
        person=PERSON,
        openid=OpenId(provider=app.base_url),
    )


def google(app: Application, *, offline: bool = False) -> Platform:
    """Sign in with Google. ``offline``: also ask for a refresh token, which needs the person's consent each time."""
    issuer = app.base_url or "https://accounts.google.com"
    return Platform(
        name="google",
        title="Google",
        title_zh="Google",
        issuer=issuer,
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            default_scope="openid profile email",
            required_scope="openid",
            pkce=True,
            extra=(("access_type", "offline"), ("prompt", "consent")) if offline else (),
        ),
        token=TOKEN,
        refresh=REFRESH,
        person=PERSON,
        openid=OpenId(provider=issuer),
    )
