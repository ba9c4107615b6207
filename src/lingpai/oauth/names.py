"""Registered names: the spelling of what goes over the wire. Owns nothing else.

Spec: RFC 6749 §11; RFC 7591 §4.2; RFC 7009 §4.1.2
"""

from typing import Final

# grant_type
AUTHORIZATION_CODE: Final = "authorization_code"
REFRESH_TOKEN: Final = "refresh_token"
CLIENT_CREDENTIALS: Final = "client_credentials"
PASSWORD: Final = "password"
IMPLICIT: Final = "implicit"
"""Never sent as ``grant_type``; in client metadata it says that ``response_type=token`` is used. Spec: RFC 7591 §2"""
DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"

# response_type
CODE: Final = "code"
TOKEN: Final = "token"
ID_TOKEN: Final = "id_token"
NONE: Final = "none"

# token_endpoint_auth_method
CLIENT_SECRET_BASIC: Final = "client_secret_basic"
CLIENT_SECRET_POST: Final = "client_secret_post"
CLIENT_SECRET_JWT: Final = "client_secret_jwt"
PRIVATE_KEY_JWT: Final = "private_key_jwt"
TLS_CLIENT_AUTH: Final = "tls_client_auth"
SELF_SIGNED_TLS_CLIENT_AUTH: Final = "self_signed_tls_client_auth"
AUTH_METHOD_NONE: Final = "none"

# token_type_hint; "refresh_token" is REFRESH_TOKEN
ACCESS_TOKEN: Final = "access_token"

# token_type
BEARER: Final = "Bearer"
DPOP: Final = "DPoP"

# scope
OPENID: Final = "openid"
OFFLINE_ACCESS: Final = "offline_access"
