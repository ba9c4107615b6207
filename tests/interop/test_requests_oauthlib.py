"""requests-oauthlib: its own state check and token parser, PKCE, refreshing, and the error it makes of a replay."""

import pytest
from oauthlib.oauth2 import InvalidGrantError
from requests_oauthlib import OAuth2Session

from tests.interop.provider import CALLBACK, SCOPE, SECRET, Person, Provider


@pytest.fixture
def session(provider: Provider) -> OAuth2Session:
    session = OAuth2Session("web", redirect_uri=CALLBACK, scope=SCOPE.split(), pkce="S256")
    provider.open(session)
    return session


async def test_code_refresh_and_replay(provider: Provider, person: Person, session: OAuth2Session) -> None:
    token_endpoint = provider.metadata()["token_endpoint"]
    url, _ = session.authorization_url(provider.metadata()["authorization_endpoint"], nonce="n-0S6")
    callback = await person.allow(url)
    tokens = session.fetch_token(token_endpoint, authorization_response=callback, client_secret=SECRET)
    assert set(tokens["scope"]) == set(SCOPE.split())
    assert session.get(provider.metadata()["userinfo_endpoint"]).json()["email"] == "testuser@app.test"

    refreshed = session.refresh_token(token_endpoint, auth=("web", SECRET))
    assert refreshed["access_token"] != tokens["access_token"]
    assert refreshed["refresh_token"] != tokens["refresh_token"]

    with pytest.raises(InvalidGrantError):
        session.fetch_token(token_endpoint, authorization_response=callback, client_secret=SECRET)
    assert session.get(provider.metadata()["userinfo_endpoint"]).status_code == 401, "the replay ended the family"
