"""What a person's browser does on Lingpai's own pages: one generator per connection. Peers have other pages."""

import html
import re
from urllib.parse import urlsplit

from bench.load import Answer, Talk, UnexpectedAnswer
from bench.target import PASSWORD, Target, authorization_url, get, submit

_CSRF_TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
_CONSENT_ACTION = re.compile(rb'id="consent-form" method="post" action="([^"]+)"')
_SCOPE = re.compile(rb'name="scope" value="([^"]+)"')
_LOCATION = re.compile(rb"\r\nlocation: (\S+)", re.IGNORECASE)


def sign_in(target: Target, number: int) -> Talk:
    """The page, then name and password: a session every time."""
    cookie = f"Cookie: {target.browsers[number]}"
    while True:
        page = yield get(target, "/sign-in", cookie)
        form = [("csrf_token", _found(_CSRF_TOKEN, page)), ("username", f"person{number}"), ("password", PASSWORD)]
        yield submit(target, "/sign-in", form, cookie)


def consent(target: Target, number: int) -> Talk:
    """A person who is asked in any case: authorization request, page, answer, and back to the application."""
    cookie = f"Cookie: {target.cookies[number]}"
    while True:
        sent = yield get(target, authorization_url(target, prompt="consent"), cookie)
        page = yield get(target, _next(sent), cookie)
        ticked = [("scope", html.unescape(name.decode())) for name in _SCOPE.findall(page.body)]
        form = [("csrf_token", _found(_CSRF_TOKEN, page)), *ticked, ("lifetime", "forever"), ("decision", "allow")]
        answered = yield submit(target, _found(_CONSENT_ACTION, page), form, cookie)
        back = yield get(target, _next(answered), cookie)
        if b"code=" not in back.head:
            raise UnexpectedAnswer(f"{target.name} gave no code: {back.head.decode('latin-1')}")


def _found(pattern: re.Pattern[bytes], page: Answer) -> str:
    match = pattern.search(page.body)
    if match is None:
        raise UnexpectedAnswer(f"not the page that was expected: {page.body[:1000].decode()}")
    return html.unescape(match[1].decode())


def _next(answer: Answer) -> str:
    """Path and query of the redirect."""
    location = _LOCATION.search(answer.head)
    if location is None:
        raise UnexpectedAnswer(f"no redirect: {answer.head.decode('latin-1')}")
    parts = urlsplit(location[1].decode())
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
