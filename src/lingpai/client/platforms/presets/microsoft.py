"""Microsoft: one address for the people of many organisations, each of which issues in its own name.

Documented: endpoints, the issuer with ``{tenantid}`` in it. The metadata of the shared addresses names no issuer
anybody could compare, so the endpoints are written down here. Anybody who runs an organisation may write any ``email``
into it: it counts as checked only with ``xms_edov``, which an application has to ask for. Not verified: ``xms_edov``
as text.
"""

import re
from collections.abc import Collection
from functools import partial

from lingpai.client.platforms.platform import Application, Authorization, OpenId, Person, Platform
from lingpai.client.platforms.presets import openid
from lingpai.client.providers import Provider
from lingpai.crypto.compact import InvalidJws, read_unproven_claims

_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHARED = ("common", "organizations", "consumers")


def platform(app: Application, *, tenant: str = "common", tenants: Collection[str] = ()) -> Platform:
    """``tenant``: the organisation's id, or ``common``, ``organizations``, ``consumers``.

    ``tenants``: of a shared address, the only organisations whose people may come in.
    """
    if tenant not in _SHARED and not _TENANT.fullmatch(tenant):
        # A domain name would do in the address, but the issuer has the id in it.
        raise ValueError("tenant is neither an organisation's id nor common, organizations, consumers")
    allowed = frozenset(tenants if tenant in _SHARED else {tenant})
    login = app.at("https://login.microsoftonline.com")
    return Platform(
        name="microsoft",
        title="Microsoft",
        title_zh="Microsoft",
        issuer=f"{login}/{tenant}/v2.0",
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(default_scope="openid profile email", required_scope="openid", pkce=True),
        token=openid.TOKEN,
        refresh=openid.REFRESH,
        person=Person(
            subject=("sub",),
            union_subject=("oid",),
            name=("name", "preferred_username"),
            email_verified=("xms_edov",),
        ),
        openid=OpenId(
            provider=Provider(
                issuer=f"{login}/{tenant}/v2.0",
                authorization_endpoint=f"{login}/{tenant}/oauth2/v2.0/authorize",
                token_endpoint=f"{login}/{tenant}/oauth2/v2.0/token",
                jwks_uri=f"{login}/{tenant}/discovery/v2.0/keys",
                token_endpoint_auth_methods=("client_secret_post",),
            ),
            issuer_for=partial(_issuer_for, login, allowed),
        ),
    )


def _issuer_for(login: str, allowed: frozenset[str], id_token: str) -> str:
    """The issuer the token has to be from, by the organisation it says its person is of."""
    try:
        tenant = read_unproven_claims(id_token).get("tid")
    except InvalidJws as error:
        raise ValueError(str(error)) from None
    if not isinstance(tenant, str) or not _TENANT.fullmatch(tenant):
        raise ValueError("tid is missing or malformed")
    if allowed and tenant not in allowed:
        raise ValueError("the person is of an organisation that may not sign in here")
    return f"{login}/{tenant}/v2.0"
