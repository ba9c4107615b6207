"""The platforms, as far as signing in goes: each answers in its own wire format, from its documentation and samples.

Nothing here is shared with ``lingpai.client.platforms``. A look-alike is strict about what it is sent, since the real
one may be. ``answers[path]`` replaces what a path answers; ``asked`` are the requests that came.
"""

import base64
import hashlib
import json
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

REDIRECT_URI = "https://app.example/cb"
SECRET = "s3cretOfTheApplication"


class Asked:
    def __init__(self, request: httpx2.Request) -> None:
        self.method = request.method
        self.host = request.url.host
        self.path = request.url.path
        self.query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        self.headers = request.headers
        self.body = request.content
        kind = request.headers.get("content-type", "")
        self.form = dict(parse_qsl(request.content.decode())) if kind.startswith("application/x-www-form") else {}
        self.json = json.loads(request.content) if kind.startswith("application/json") else {}


def html(text: str) -> httpx2.Response:
    return httpx2.Response(200, text=text, headers={"content-type": "text/html; charset=utf-8"})


def compact(members: Any) -> str:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False)


class LookAlike:
    client_id = "100222222"
    client_secret = SECRET
    options: ClassVar[dict[str, Any]] = {}
    authorize_at = ""
    client_id_name = "client_id"
    code = "C0DE57C038D3AD7C5588570FF8F723EB"
    access_token = "FE04AAAABBBBCCCCDDDDEEEEFFFFCCE2"
    refresh_token = "88E4AAAABBBBCCCCDDDDEEEEFFFFBE14"

    def __init__(self) -> None:
        self.answers: dict[str, httpx2.Response] = {}
        self.asked: list[Asked] = []
        self.authorized: dict[str, str] = {}
        self.given: dict[str, Any] = dict(self.options)

    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        asked = Asked(request)
        self.asked.append(asked)
        answer = self.answers.get(asked.path) or self.answer(asked)
        # As over a network: not read yet.
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(answer.content))

    def answer(self, asked: Asked) -> httpx2.Response:
        raise NotImplementedError

    def visit(self, url: str) -> str:
        """The person goes to the platform and allows it: where their browser is sent."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.authorize_at
        params = dict(parse_qsl(parts.query, strict_parsing=True))
        assert params[self.client_id_name] == self.client_id
        assert (params["response_type"], params["redirect_uri"]) == ("code", REDIRECT_URI)
        self.authorized = {**params, "#": parts.fragment}
        return f"{REDIRECT_URI}?{urlencode(self.callback(params))}"

    def callback(self, params: dict[str, str]) -> dict[str, str]:
        return {"code": self.code, "state": params["state"]}

    def check_pkce(self, verifier: str | None) -> None:
        digest = hashlib.sha256((verifier or "").encode()).digest()
        assert self.authorized["code_challenge_method"] == "S256"
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.authorized["code_challenge"]
