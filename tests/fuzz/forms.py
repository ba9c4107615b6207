"""A good form for every endpoint and page that reads one, to spoil."""

from tests.attack.scene import Loot
from tests.device import DEVICE_CODE
from tests.qq import APPID
from tests.world import CALLBACK, PHOTOS, SECRET

CLIENT = "photo-print"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
MORE_PARAMS = (
    *("resource", "audience", "scope", "request", "request_uri", "dpop_jkt", "id_token_hint", "display", "code"),
    *("client_id", "client_secret", "client_assertion", "client_assertion_type", "actor_token", "registration"),
)

Forms = dict[str, dict[str, str]]


def machine_forms(loot: Loot) -> Forms:
    """Of the endpoints."""
    authorize = {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid list_album",
        "state": "s",
        "nonce": "n",
        "code_challenge": "A" * 43,
        "code_challenge_method": "S256",
        "prompt": "none",
        "max_age": "60",
        "claims": '{"userinfo":{"email":null}}',
        "ui_locales": "zh-CN",
        "login_hint": "x",
        "acr_values": "1",
        "response_mode": "query",
    }
    redeem = {"code": loot.code, "redirect_uri": CALLBACK, "code_verifier": loot.ask.code_verifier}
    exchange = {"subject_token": loot.access_token, "subject_token_type": ACCESS_TOKEN, "resource": PHOTOS}
    return {
        "/oauth2/authorize": authorize,
        "/oauth2/par": authorize,
        "code /oauth2/token": {"grant_type": "authorization_code", **redeem},
        "refresh /oauth2/token": {"grant_type": "refresh_token", "refresh_token": loot.refresh_token},
        "exchange /oauth2/token": {"grant_type": TOKEN_EXCHANGE, **exchange},
        "device /oauth2/token": {"grant_type": DEVICE_CODE, "device_code": loot.code},
        "password /oauth2/token": {"grant_type": "password", "username": "zhangsan", "password": "x"},
        "machine /oauth2/token": {"grant_type": "client_credentials", "scope": "list_album", "resource": PHOTOS},
        "/oauth2/device_authorization": {"scope": "list_album", "resource": PHOTOS},
        "/oauth2/introspect": {"token": loot.access_token, "token_type_hint": "access_token"},
        "/oauth2/revoke": {"token": "lpr_00", "token_type_hint": "refresh_token"},
        "/oauth2/userinfo": {"access_token": loot.access_token},
        "/oauth2/end_session": {"id_token_hint": loot.signed_token, "client_id": CLIENT, "state": "s"},
    }


def page_forms(loot: Loot) -> Forms:
    """Of the pages."""
    csrf = {"csrf_token": loot.csrf_token}
    here = csrf | {"request": loot.pending}
    return {
        "/sign-in": here | {"username": "zhangsan", "password": "x"},
        "/select-account": here | {"account": "x"},
        "/consent": here | {"scope": "list_album", "lifetime": "30d", "decision": "allow"},
        "/device": here | {"user_code": "BCDF-GHJK"},
        "/device/confirm": csrf | {"scope": "list_album", "lifetime": "30d", "decision": "x", "request": "x"},
        "/account/grants": csrf | {"action": "end", "client_id": CLIENT},
        "/language": here | {"locale": "en", "page": "consent"},
    }


def people_forms(loot: Loot) -> Forms:
    """Of the pages of accounts. None of them deletes the account or gives it another password."""
    csrf, token = {"csrf_token": loot.csrf_token}, "a" * 43
    return {
        "/register": csrf | {"email": "lihua@example.com"},
        "/register/confirm": csrf | {"token": token, "name": "李华", "password": "x"},
        "/reset-password": csrf | {"email": "lihua@example.com"},
        "/reset-password/confirm": csrf | {"token": token, "password": "x"},
        "/verify-email": csrf | {"token": token},
        "/sign-in/second-factor": csrf | {"code": "123456"},
        "/sign-in/terms": csrf | {"version": "1", "answer": "accept"},
        "/sign-in/passkey": csrf | {"credential": _CREDENTIAL},
        "/sign-in/with/company": csrf | {"request": loot.pending},
        "/sign-in/callback/company": {"state": "x", "code": "y", "iss": "http://127.0.0.1:9"},
        "/sign-in/new": csrf | {"request": "x", "username": "chen"},
        "/account": csrf | {"name": "李华", "nickname": "n", "locale": "en"},
        "/account/email": csrf | {"email": "lihua@example.com"},
        "/account/confirm": csrf | {"password": "x", "code": "123456", "to": "security"},
        "/account/security": csrf | {"action": "rename_passkey", "passkey": "AAAA", "name": "n", "session": "x"},
        "/account/security/app": csrf | {"code": "123456"},
        "/account/security/passkeys": csrf | {"credential": _CREDENTIAL, "name": "n"},
        "/account/sign-in-methods": csrf | {"action": "unlink", "provider": "company", "subject": "x"},
        "/account/link-identity": csrf | {"request": "x"},
        "/account/data": csrf,
    }


_CREDENTIAL = (
    '{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA",'
    '"authenticatorData":"AAAA","signature":"AAAA"}}'
)


def dialect_forms(loot: Loot) -> Forms:
    """Of QQ Connect's endpoints; all of them take the same in the address."""
    client = {"client_id": APPID, "client_secret": SECRET, "fmt": "json"}
    api = {"access_token": loot.access_token, "oauth_consumer_key": APPID, "openid": "A" * 32, "format": "xml"}
    ask = {"response_type": "code", "client_id": APPID, "redirect_uri": CALLBACK, "scope": "get_user_info,list_album"}
    redeem = {"grant_type": "authorization_code", "code": loot.code, "redirect_uri": CALLBACK, "need_openid": "1"}
    return {
        "/oauth2.0/authorize": ask | {"state": "s", "display": "mobile"},
        "/oauth2.0/token": client | redeem,
        "refresh /oauth2.0/token": client | {"grant_type": "refresh_token", "refresh_token": loot.refresh_token},
        "/oauth2.0/me": {"access_token": loot.access_token, "unionid": "1", "fmt": "json"},
        "/moc2/token": client | redeem,
        "/user/get_user_info": api,
        "/user/get_vip_info": api,
    }
