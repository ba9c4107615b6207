"""What a team reads about a refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingpai.server.portal.difference import closest, difference
from lingpai.server.portal.explain import explain, rule_of
from lingpai.server.portal.trials import ON_TRIAL
from lingpai.server.storage.portal_records import Application, Refusal, WantedPermission
from lingpai.server.storage.records import Client

CALLBACK = "https://a.example/callback"
CLIENT = Client(
    client_id="a", client_name="A", redirect_uris=(CALLBACK, "http://localhost:3000/cb"), scope="openid profile"
)
APPLICATION = Application(
    client_id="a", team_id=b"t", permissions={"read_mail": WantedPermission(justification="because")}
)


def _refusal(code: str, description: str = "", method: str = "", **sent: str) -> Refusal:
    return Refusal(
        client_id="a", reference="r", at=0, endpoint="/", code=code, description=description, sent=sent, method=method
    )


@pytest.mark.parametrize(
    ("sent", "hint"),
    [
        (CALLBACK + "/", "slash"),
        ("http://a.example/callback", "scheme"),
        ("https://a.example/Callback", "case"),
        ("https://www.a.example/callback", "www"),
        (CALLBACK + "?x=1", "query"),
        ("https://a.example:8443/callback", "port"),
        ("https://a.example/other", "path"),
        ("https%3A%2F%2Fa.example%2Fcallback", "encoded"),
        ("https://evil.example/", "unregistered"),
        ("", "unregistered"),
    ],
)
def test_the_usual_mistakes_with_a_callback_are_recognised(sent: str, hint: str) -> None:
    explained = explain(_refusal("redirect_uri_mismatch", redirect_uri=sent), CLIENT, APPLICATION)
    assert (explained.rule, explained.hint, explained.works_now) == ("redirect_uri", hint, False)
    assert explained.comparison is not None
    assert "".join(part.text for part in explained.comparison.sent) == sent


def test_the_difference_is_shown_to_the_character() -> None:
    left, right = difference("https://a.example/callback/", CALLBACK)
    assert [(part.text, part.same) for part in left] == [(CALLBACK, True), ("/", False)]
    assert [(part.text, part.same) for part in right] == [(CALLBACK, True)]


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_are_the_text(left: str, right: str) -> None:
    pieces = difference(left, right)
    assert ["".join(part.text for part in side) for side in pieces] == [left, right]
    assert [p.text for p in pieces[0] if p.same] or not left or not set(left) & set(right) or left != right
    if left == right:
        assert all(part.same for side in pieces for part in side)


def test_comparing_what_an_attacker_sent_takes_no_time() -> None:
    difference("ab" * 5_000, "ba" * 5_000)


def test_the_closest_is_compared_with() -> None:
    assert closest("http://localhost:3000/cb/", CLIENT.redirect_uris) == "http://localhost:3000/cb"
    assert closest("x", ()) is None


def test_what_is_registered_by_now_would_work() -> None:
    assert explain(_refusal("redirect_uri_mismatch", redirect_uri=CALLBACK), CLIENT, APPLICATION).works_now


@pytest.mark.parametrize(
    ("scope", "hint", "works"),
    [
        ("openid other", "unregistered", False),
        ("openid read_mail", "waiting", False),
        ("openid", "unregistered", True),
    ],
)
def test_a_permission_is_waiting_or_unknown(scope: str, hint: str, works: bool) -> None:
    explained = explain(_refusal("invalid_scope", scope=scope), CLIENT, APPLICATION)
    assert (explained.hint, explained.works_now) == (hint, works)


@pytest.mark.parametrize(
    ("code", "description", "rule"),
    [
        ("redirect_uri_missing", "", "redirect_uri_missing"),
        ("request_uri_dead", "", "request_uri"),
        ("malformed", "", "malformed"),
        ("invalid_target", "", "resource"),
        ("unsupported_grant_type", "", "grant_type"),
        ("unsupported_response_type", "", "response_type"),
        ("unauthorized_client", "this client is not registered for grant_type x", "grant_type"),
        ("unauthorized_client", "this client is not registered for response_type token", "response_type"),
        ("invalid_client", "client authentication failed", "credentials"),
        ("invalid_client", "this client is registered for a, the request used b", "method"),
        ("invalid_client", "this client is disabled", "disabled"),
        ("invalid_grant", "the code is not good", "grant"),
        ("invalid_grant", "code_verifier does not match the code_challenge", "verifier"),
        ("access_denied", ON_TRIAL, "trial"),
        ("invalid_request", "anything", "other"),
    ],
)
def test_every_refusal_belongs_to_a_rule_and_can_be_explained(code: str, description: str, rule: str) -> None:
    refusal = _refusal(code, description)
    assert rule_of(refusal) == rule
    explain(refusal, CLIENT, APPLICATION)
