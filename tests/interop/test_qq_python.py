"""Python clients that speak QQ Connect, unmodified: social-auth-core's own backend, requests-oauthlib and Authlib.

``graph.qq.com`` is literal in some of them; such addresses are rerouted where their request leaves.
"""

import warnings
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import OAuth2Error
from requests_oauthlib import OAuth2Session

from tests.interop.provider import CALLBACK, QQ_APPID, SECRET, USERNAME, Person, Provider

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what social-auth-core imports for OpenID 1
    from social_core.backends.qq import QQOAuth2
    from social_core.storage import BaseStorage, NonceMixin
    from social_core.strategy import BaseStrategy


class Nonces(NonceMixin):
    """States that were made and not yet used."""

    made: ClassVar[set[tuple[str, int, str]]] = set()

    @classmethod
    def use(cls, server_url: str, timestamp: int, salt: str) -> bool:
        cls.made.add((server_url, timestamp, salt))
        return True

    @classmethod
    def consume(cls, server_url: str, timestamp: int, salt: str) -> bool:
        was_made = (server_url, timestamp, salt) in cls.made
        cls.made.discard((server_url, timestamp, salt))
        return was_made


class Storage(BaseStorage):
    """What social-auth-core keeps between two requests."""

    nonce = Nonces


class Strategy(BaseStrategy):
    """A web framework as social-auth-core sees one."""

    SETTINGS: ClassVar[dict[str, str]] = {"SOCIAL_AUTH_QQ_KEY": QQ_APPID, "SOCIAL_AUTH_QQ_SECRET": SECRET}

    def __init__(self, provider: Provider) -> None:
        super().__init__(Storage)
        self.provider = provider
        self.session: dict[str, Any] = {}

    def get_setting(self, name: str) -> str:
        return self.SETTINGS[name]

    def session_get(self, name: str, default: Any = None) -> Any:
        return self.session.get(name, default)

    def session_set(self, name: str, value: Any) -> None:
        self.session[name] = value

    def session_pop(self, name: str) -> Any:
        return self.session.pop(name, None)

    def build_absolute_uri(self, path: str | None = None) -> str:
        return path or CALLBACK

    def request_data(self, merge: bool = True) -> dict[str, str]:  # noqa: ARG002 - as they call it
        return {}

    def authenticate(self, *_args: Any, **kwargs: Any) -> Any:
        return kwargs["response"]


def backend_of(provider: Provider) -> QQOAuth2:
    class Ours(QQOAuth2):
        AUTHORIZATION_URL = f"{provider.issuer}/oauth2.0/authorize"
        ACCESS_TOKEN_URL = f"{provider.issuer}/oauth2.0/token"
        OPENID_URL = f"{provider.issuer}/oauth2.0/me"

        def request(self, url: str, *args: Any, **kwargs: Any) -> requests.Response:
            return super().request(url.replace("https://graph.qq.com", provider.issuer), *args, **kwargs)

    return Ours(Strategy(provider), CALLBACK)


async def test_social_auth_core_signs_in_with_its_own_backend(
    provider: Provider, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(provider.certificate))
    backend = backend_of(provider)
    callback = await person.allow(backend.auth_url())
    backend.data = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    response: Any = backend.auth_complete()
    assert response["nickname"] == "Test User"
    assert response["username"] == USERNAME
    assert len(response["openid"]) == 32


async def test_requests_oauthlib_reads_the_query_string(provider: Provider, person: Person) -> None:
    session = OAuth2Session(QQ_APPID, redirect_uri=CALLBACK, scope=["get_user_info"])
    provider.open(session)
    url, _ = session.authorization_url(f"{provider.issuer}/oauth2.0/authorize")
    callback = await person.allow(url)
    token_url = f"{provider.issuer}/oauth2.0/token"
    sent = {"method": "GET", "include_client_id": True, "client_secret": SECRET}
    tokens = session.fetch_token(token_url, authorization_response=callback, **sent)
    assert tokens["access_token"]
    assert tokens["refresh_token"]
    with pytest.raises(OAuth2Error):
        session.fetch_token(token_url, authorization_response=callback, **sent)


async def test_authlib_reads_the_json(provider: Provider, person: Person) -> None:
    session = AuthlibSession(
        QQ_APPID, SECRET, redirect_uri=CALLBACK, token_endpoint_auth_method="client_secret_post", scope="get_user_info"
    )
    provider.open(session)
    url, state = session.create_authorization_url(f"{provider.issuer}/oauth2.0/authorize")
    callback = await person.allow(url)
    token_url = f"{provider.issuer}/oauth2.0/token?fmt=json"
    tokens = session.fetch_token(token_url, authorization_response=callback, state=state, method="GET")
    assert int(tokens["expires_in"]) > 0
    refreshed = session.refresh_token(token_url, refresh_token=tokens["refresh_token"])
    assert refreshed["access_token"] != tokens["access_token"]
    with pytest.raises(OAuthError, match="100020"):
        session.fetch_token(token_url, authorization_response=callback, state=state, method="GET")
