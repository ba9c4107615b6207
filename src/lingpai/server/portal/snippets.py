"""Code to begin with, with the real addresses and ids in it. Pure; the secret is never in it, but where it belongs.

Owns which snippets an application of a kind gets. A value goes into code through the quoting of that language, because
names and callbacks were typed by people.
"""

import json
import shlex
from collections.abc import Callable
from html import escape
from urllib.parse import quote

from msgspec import Struct

from lingpai.oauth.names import DEVICE_CODE
from lingpai.server.portal.becoming import kind_of
from lingpai.server.storage.records import Client

_EXAMPLE_CALLBACK = "https://example.com/callback"


class Snippet(Struct, frozen=True):
    """One piece of code. ``name``: which sentence explains it."""

    name: str
    title: str
    text: str


class _Values(Struct, frozen=True):
    issuer: str
    client_id: str
    callback: str
    scope: str
    has_secret: bool
    title: str


def snippets(client: Client, *, issuer: str) -> tuple[Snippet, ...]:
    """What fits the application."""
    values = _Values(
        issuer=issuer,
        client_id=client.client_id,
        callback=next(iter(client.redirect_uris), _EXAMPLE_CALLBACK),
        scope=client.scope,
        has_secret=client.token_endpoint_auth_method != "none",
        title=client.client_name,
    )
    if kind_of(client) == "machine":
        makers = [_machine_python, _machine_curl]
    else:
        makers = [_button, _python, _authlib, _javascript, _curl]
        if DEVICE_CODE in client.grant_types:
            makers.append(_device)
        if "qq" in client.dialects:
            makers += [_qq_button, _qq_sdk]
    return tuple(make(values) for make in makers)


def _button(values: _Values) -> Snippet:
    text = f"""<a class="sign-in" href="/login">Sign in to {escape(values.title)}</a>
<!-- /login is yours and begins the sign-in: see Python. -->
"""
    return Snippet("button", "HTML", text)


def _python(values: _Values) -> Snippet:
    secret = ', os.environ["CLIENT_SECRET"]' if values.has_secret else ""
    imports = "import os\n\n" if values.has_secret else ""
    text = f"""{imports}from lingpai.client import Client, PendingSignIn

client = Client({_p(values.issuer)}, {_p(values.client_id)}{secret})

# /login: keep the sign-in in the person's session, then redirect.
pending = client.begin_sign_in(redirect_uri={_p(values.callback)}, scope={_p(values.scope)})
session["sign_in"] = pending.to_json()
redirect(pending.url)

# The callback: take it out of the session first.
pending = PendingSignIn.from_json(session.pop("sign_in"))
tokens = client.finish_sign_in(pending, callback_url)
"""
    return Snippet("python", "Python (lingpai.client)", text)


def _authlib(values: _Values) -> Snippet:
    secret = 'os.environ["CLIENT_SECRET"]' if values.has_secret else "None"
    text = f"""import os

from authlib.integrations.flask_client import OAuth

oauth = OAuth(app)
oauth.register(
    "lingpai",
    client_id={_p(values.client_id)},
    client_secret={secret},
    server_metadata_url={_p(values.issuer + "/.well-known/openid-configuration")},
    client_kwargs={{"scope": {_p(values.scope)}, "code_challenge_method": "S256"}},
)

# /login
oauth.lingpai.authorize_redirect({_p(values.callback)})

# The callback
tokens = oauth.lingpai.authorize_access_token()
"""
    return Snippet("authlib", "Python (Authlib)", text)


def _javascript(values: _Values) -> Snippet:
    secret = ", process.env.CLIENT_SECRET" if values.has_secret else ""
    text = f"""import * as openid from "openid-client";

const config = await openid.discovery(new URL({_j(values.issuer)}), {_j(values.client_id)}{secret});

// /login: keep verifier and state in the person's session, then redirect.
const verifier = openid.randomPKCECodeVerifier();
const state = openid.randomState();
const url = openid.buildAuthorizationUrl(config, {{
  redirect_uri: {_j(values.callback)},
  scope: {_j(values.scope)},
  code_challenge: await openid.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
}});

// The callback
const tokens = await openid.authorizationCodeGrant(config, callbackUrl, {{
  pkceCodeVerifier: verifier,
  expectedState: state,
}});
"""
    return Snippet("javascript", "JavaScript (openid-client)", text)


def _curl(values: _Values) -> Snippet:
    query = "&".join(
        f"{name}={quote(value, safe='')}"
        for name, value in (
            ("response_type", "code"),
            ("client_id", values.client_id),
            ("redirect_uri", values.callback),
            ("scope", values.scope),
            ("code_challenge_method", "S256"),
        )
    )
    secret = f' -u {shlex.quote(values.client_id)}:"$CLIENT_SECRET"' if values.has_secret else ""
    client_id = "" if values.has_secret else f"  -d {shlex.quote('client_id=' + values.client_id)} \\\n"
    begin = shlex.quote(values.issuer + "/oauth2/authorize?" + query)
    text = f"""VERIFIER=$(openssl rand -hex 32)
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | basenc --base64url | tr -d =)

# Open this in a browser, then copy code out of the address of the callback.
echo {begin}"&state=$(openssl rand -hex 16)&code_challenge=$CHALLENGE"

curl{secret} {shlex.quote(values.issuer + "/oauth2/token")} \\
  -d grant_type=authorization_code -d "code=$CODE" -d "code_verifier=$VERIFIER" \\
{client_id}  --data-urlencode {shlex.quote("redirect_uri=" + values.callback)}
"""
    return Snippet("curl", "curl", text)


def _device(values: _Values) -> Snippet:
    text = f"""from lingpai.client import Client

client = Client({_p(values.issuer)}, {_p(values.client_id)})
pending = client.begin_device_sign_in(scope={_p(values.scope)})
print(pending.verification_uri, pending.user_code)
tokens = client.finish_device_sign_in(pending)
"""
    return Snippet("device", "Python (device)", text)


def _machine_python(values: _Values) -> Snippet:
    text = f"""import os

from lingpai.client import Client

client = Client({_p(values.issuer)}, {_p(values.client_id)}, os.environ["CLIENT_SECRET"])
tokens = client.client_credentials(scope={_p(values.scope)})
"""
    return Snippet("machine", "Python (lingpai.client)", text)


def _machine_curl(values: _Values) -> Snippet:
    scope = f" --data-urlencode {shlex.quote('scope=' + values.scope)}" if values.scope else ""
    text = (
        f'curl -u {shlex.quote(values.client_id)}:"$CLIENT_SECRET" {shlex.quote(values.issuer + "/oauth2/token")} \\\n'
        f"  -d grant_type=client_credentials{scope}\n"
    )
    return Snippet("machine", "curl", text)


def _qq_button(values: _Values) -> Snippet:
    query = f"response_type=code&client_id={quote(values.client_id)}&redirect_uri={quote(values.callback, safe='')}"
    address = escape(f"{values.issuer}/oauth2.0/authorize?{query}&scope=get_user_info&state=")
    text = f'<a href="{address}…">QQ</a>\n<!-- state: random, kept in the session, compared at the callback. -->\n'
    return Snippet("qq", "HTML (QQ)", text)


def _qq_sdk(values: _Values) -> Snippet:
    text = f"""<?php
// The settings of a QQ Connect SDK
$appid = {_php(values.client_id)};
$appkey = getenv("CLIENT_SECRET");
$callback = {_php(values.callback)};
$authorize = {_php(values.issuer + "/oauth2.0/authorize")};
$token = {_php(values.issuer + "/oauth2.0/token")};
$me = {_php(values.issuer + "/oauth2.0/me")};
$user = {_php(values.issuer + "/user/get_user_info")};
"""
    return Snippet("qq", "PHP (QQ SDK)", text)


_p: Callable[[str], str] = json.dumps
"""A string of Python: that of JSON is one, whatever is in it."""
_j: Callable[[str], str] = json.dumps


def _php(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
