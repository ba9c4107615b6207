"""Alipay (支付宝): every request signed with the application's RSA key, one gateway, answers in named envelopes.

Documented: gateway, signature (RSA2: the sorted parameters, SHA256withRSA), ``auth_code``, ``open_id`` in place of the
old ``user_id``, the platform's signature over the very bytes of the envelope. Seen: ``error_response``. Not verified:
keys as certificates (``app_cert_sn``), which are not supported.
"""

import base64
import json
import re
from datetime import datetime, timedelta, timezone
from functools import partial

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from lingpai.client.platforms.answers import Refusal, check_not_refused, read_object
from lingpai.client.platforms.platform import Application, Authorization, Call, Pairs, Person, Platform
from lingpai.client.platforms.presets import standard
from lingpai.dialects.base import UnreadableResponse, WireBody

_BEIJING = timezone(timedelta(hours=8))
_PEM_LINE = re.compile(r"-----[A-Z ]+-----|\s")
_REFUSALS = (Refusal("sub_code", ("sub_msg", "msg")), Refusal("code", ("msg",), fine=("10000", "0", "")))

_PERSON = Person(
    subject=("open_id", "user_id"),
    union_subject=("union_id",),
    name=("nick_name",),
    picture=("avatar",),
    email=(),
)


def platform(app: Application, *, alipay_public_key: str | None = None, sandbox: bool = False) -> Platform:
    """``client_secret`` is the application's private key, PEM or the bare base64 of Alipay's tool.

    With ``alipay_public_key`` every answer has to be signed by Alipay.
    """
    private_key = _private_key(app.client_secret)
    public_key = None if alipay_public_key is None else _public_key(alipay_public_key)
    gateway = app.at(
        "https://openapi-sandbox.dl.alipaydev.com/gateway.do" if sandbox else "https://openapi.alipay.com/gateway.do"
    )
    site = "https://openauth-sandbox.dl.alipaydev.com" if sandbox else "https://openauth.alipay.com"

    def call(method: str, params: Pairs, fixed: Pairs = ()) -> Call:
        return Call(
            endpoint=gateway,
            method="POST",
            carrier="form",
            fixed=(("method", method), *fixed),
            params=(("app_id", "client_id"), *params),
            sign=partial(_sign, private_key),
            read=partial(_read, public_key, f"{method.replace('.', '_')}_response"),
        )

    return Platform(
        name="alipay",
        title="Alipay",
        title_zh="支付宝",
        issuer=app.at("https://openapi.alipay.com"),
        client_id=app.client_id,
        client_secret=app.client_secret,
        authorization=Authorization(
            endpoint=app.at(f"{site}/oauth2/publicAppAuthorize.htm"),
            client_id="app_id",
            default_scope="auth_user",
            scope_separator=",",
            code="auth_code",
        ),
        token=call("alipay.system.oauth.token", (("code", "code"),), standard.BY_CODE),
        refresh=call("alipay.system.oauth.token", standard.REFRESH, standard.BY_REFRESH),
        lookups=(call("alipay.user.info.share", (("auth_token", "access_token"),)),),
        person=_PERSON,
    )


def _sign(key: RSAPrivateKey, params: Pairs, now: int) -> Pairs:
    common = (
        ("format", "JSON"),
        ("charset", "utf-8"),
        ("sign_type", "RSA2"),
        ("timestamp", datetime.fromtimestamp(now, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")),
        ("version", "1.0"),
    )
    pairs = tuple(sorted((*params, *common)))
    content = "&".join(f"{name}={value}" for name, value in pairs)
    signature = key.sign(content.encode(), PKCS1v15(), SHA256())
    return (*pairs, ("sign", base64.b64encode(signature).decode()))


def _read(key: RSAPublicKey | None, envelope: str, body: WireBody) -> dict[str, object]:
    answer = read_object(body)
    named = "error_response" if "error_response" in answer else envelope
    members = answer.get(named)
    if not isinstance(members, dict):
        raise UnreadableResponse(f"the answer has no {envelope}", body.status)
    check_not_refused(members, _REFUSALS, body.status)
    if key is not None:
        _check_signature(key, body, named, members, answer.get("sign"))
    return members


def _check_signature(key: RSAPublicKey, body: WireBody, envelope: str, members: object, sign: object) -> None:
    """The signature is over the envelope as it was written, so it is looked for in the text. Raises if it is wrong."""
    text = body.body.decode("utf-8")
    found = re.search(rf'"{envelope}"\s*:\s*', text)
    try:
        inside, end = json.JSONDecoder().raw_decode(text, found.end() if found else 0)
        signature = base64.b64decode(sign if isinstance(sign, str) else "", validate=True)
        if found is None or inside != members:
            raise ValueError
        key.verify(signature, text[found.end() : end].encode(), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        raise UnreadableResponse("the answer is not signed by Alipay", body.status) from None


def _private_key(text: str) -> RSAPrivateKey:
    try:
        key = load_der_private_key(_der(text), password=None)
    except (ValueError, TypeError):
        key = None
    if isinstance(key, RSAPrivateKey):
        return key
    raise ValueError("client_secret is not an RSA private key")


def _public_key(text: str) -> RSAPublicKey:
    try:
        key = load_der_public_key(_der(text))
    except ValueError:
        key = None
    if isinstance(key, RSAPublicKey):
        return key
    raise ValueError("alipay_public_key is not an RSA public key")


def _der(text: str) -> bytes:
    """PEM without its first and last line is base64, which is what Alipay's tool writes. Raises ``ValueError``."""
    return base64.b64decode(_PEM_LINE.sub("", text), validate=True)
