"""A good form for every endpoint and page that reads one, to spoil."""

from tests.attack.scene import Loot
from tests.device import DEVICE_CODE
from tests.world import CALLBACK, PHOTOS

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
