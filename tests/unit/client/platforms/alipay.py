"""Alipay, where everything is signed, both ways."""

import base64
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.unit.client.platforms.look_alike import Asked, LookAlike, compact, html


def _pem_body(pem: bytes) -> str:
    return "".join(line for line in pem.decode().splitlines() if not line.startswith("-----"))


class Alipay(LookAlike):
    """Everything signed, both ways."""

    own_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    app_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    client_id = "2014072300007148"
    client_id_name = "app_id"
    authorize_at = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm"
    openid = "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"

    def __init__(self) -> None:
        super().__init__()
        public = self.own_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        private = self.app_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.client_secret = _pem_body(private)
        self.given = {"alipay_public_key": _pem_body(public)}

    def callback(self, params: dict[str, str]) -> dict[str, str]:
        return {"app_id": self.client_id, "scope": "auth_user", "auth_code": self.code, "state": params["state"]}

    def signed(self, envelope: str, members: dict[str, Any]) -> httpx2.Response:
        inside = compact(members)
        signature = self.own_key.sign(inside.encode(), padding.PKCS1v15(), SHA256())
        return html(f'{{"{envelope}":{inside},"sign":"{base64.b64encode(signature).decode()}"}}')

    def answer(self, asked: Asked) -> httpx2.Response:
        assert (asked.host, asked.path, asked.method) == ("openapi.alipay.com", "/gateway.do", "POST")
        sent = dict(asked.form)
        signature = base64.b64decode(sent.pop("sign"))
        content = "&".join(f"{name}={sent[name]}" for name in sorted(sent))
        self.app_key.public_key().verify(signature, content.encode(), padding.PKCS1v15(), SHA256())
        assert (sent["app_id"], sent["sign_type"], sent["version"]) == (self.client_id, "RSA2", "1.0")
        assert (sent["charset"], sent["timestamp"]) == ("utf-8", "2027-01-15 16:00:00")
        if sent["method"] == "alipay.system.oauth.token":
            if sent["grant_type"] == "authorization_code" and sent["code"] != self.code:
                error = {
                    "code": "40002",
                    "msg": "Invalid Arguments",
                    "sub_code": "isv.code-invalid",
                    "sub_msg": "授权码code无效",
                }
                return self.signed("error_response", error)
            tokens = {"access_token": self.access_token, "refresh_token": self.refresh_token, "expires_in": "1296000"}
            more = {"open_id": self.openid, "auth_start": "2026-11-23 08:00:00", "re_expires_in": "2592000"}
            return self.signed("alipay_system_oauth_token_response", {**tokens, **more})
        assert (sent["method"], sent["auth_token"]) == ("alipay.user.info.share", self.access_token)
        person = {"nick_name": "张三", "avatar": "https://tfs.alipayobjects.com/a", "open_id": self.openid}
        return self.signed("alipay_user_info_share_response", {"code": "10000", "msg": "Success", **person})
