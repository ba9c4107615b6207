"""GitHub: errors of the token endpoint under status 200, the address that was checked in a list of its own.

Documented: endpoints; PKCE since 2025. An OAuth app's tokens do not expire and there is nothing to refresh; a
GitHub App's do. ``email`` of the profile is what a person chose to show; the primary one of the list counts.
"""

from lingpai.client.platforms.answers import STANDARD, JsonAnswer, check_not_refused, read_json
from lingpai.client.platforms.platform import Application, Authorization, Call, Person, Platform
from lingpai.client.platforms.presets import standard
from lingpai.dialects.base import UnreadableResponse, WireBody

_PERSON = Person(
    subject=("id",),
    name=("name", "login"),
    picture=("avatar_url",),
    email=("email",),
    email_verified=("email_verified",),
)


def platform(app: Application) -> Platform:
    """Sign in with GitHub, or with a GitHub Enterprise Server at ``base_url``."""
    token_endpoint = app.at("https://github.com/login/oauth/access_token")
    # The API of github.com has a host of its own; a server of one's own has it under a path.
    api = "https://api.github.com" if app.base_url is None else "https://api.github.com/api/v3"
    return Platform(
        name="github",
        title="GitHub",
        title_zh="GitHub",
        issuer=app.at("https://github.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at("https://github.com/login/oauth/authorize"),
            default_scope="read:user user:email",
            pkce=True,
        ),
        token=Call(
            endpoint=token_endpoint,
            method="POST",
            carrier="form",
            params=(*standard.CLIENT, *standard.CODE),
            read=JsonAnswer(),
        ),
        refresh=standard.refresh_call(token_endpoint, JsonAnswer(), post=True),
        lookups=(
            Call(endpoint=app.at(f"{api}/user"), headers=standard.BEARER, read=JsonAnswer()),
            Call(endpoint=app.at(f"{api}/user/emails"), headers=standard.BEARER, read=_read_emails, optional=True),
        ),
        person=_PERSON,
    )


def _read_emails(body: WireBody) -> dict[str, object]:
    answer = read_json(body)
    if isinstance(answer, dict):
        check_not_refused(answer, STANDARD, body.status)
    if not isinstance(answer, list) or body.status >= 300:
        raise UnreadableResponse("the answer is not a list of addresses", body.status)
    for entry in answer:
        if isinstance(entry, dict) and entry.get("primary") is True:
            return {"email": entry.get("email"), "email_verified": entry.get("verified") is True}
    return {}
