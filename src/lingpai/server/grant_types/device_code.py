"""``grant_type=urn:ietf:params:oauth:grant-type:device_code``: a device asks whether its person has answered.

Owns what each state of the code is answered with, and redeeming an allowed one once. Leaves pacing and deciding, each
in one statement, to ``storage.device_codes``.

Spec: RFC 8628 §3.4; RFC 8628 §3.5
"""

from typing import ClassVar

from lingpai.crypto.digest import digest, equal
from lingpai.oauth.errors import AccessDenied, AuthorizationPending, ExpiredToken, InvalidGrant, SlowDown
from lingpai.oauth.names import DEVICE_CODE
from lingpai.oauth.scope import parse_scope
from lingpai.server import audit
from lingpai.server.accounts.acr import acr_of
from lingpai.server.audit import Audit
from lingpai.server.grant_types.base import TokenRequest, narrowed_resource
from lingpai.server.policy import check_resource
from lingpai.server.storage.device_codes import DeviceCodes
from lingpai.server.storage.records import DeviceCode
from lingpai.server.storage.token_families import TokenFamilies
from lingpai.server.tokens.authorization import Authorization
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.redemption import Credential, Redemption

_DEAD = "device_code is not valid: it is unknown, used or not for this client"
_FAMILY_ID_BYTES = 16


class DeviceCodeGrant:
    """Device codes for tokens. Waiting costs one read and one update, redeeming one read and one insert."""

    name: ClassVar[str] = DEVICE_CODE
    parameters: ClassVar[frozenset[str]] = frozenset({"device_code", "resource"})

    def __init__(
        self,
        device_codes: DeviceCodes,
        catalog: Catalog,
        families: TokenFamilies,
        redemption: Redemption,
        audit_log: Audit,
    ) -> None:
        self._device_codes = device_codes
        self._catalog = catalog
        self._families = families
        self._redemption = redemption
        self._audit = audit_log

    async def authorize(self, request: TokenRequest) -> Authorization:
        """What the person allowed. Raises the error that tells the device whether to go on asking."""
        code = await self._find(request)
        resource = narrowed_resource(request.params, code.resource)
        check_resource(request.client, resource)
        self._catalog.check_resources(resource)
        if code.expires_at <= request.now:
            raise ExpiredToken("device_code has expired; ask for a new one")
        if code.decision == "refused":
            raise AccessDenied("the person refused")
        if code.decision == "pending":
            raise await self._not_yet(code, request.now)
        return await self._redeem(code, resource, request)

    async def _find(self, request: TokenRequest) -> DeviceCode:
        code = await self._device_codes.get(digest(request.params.require("device_code")))
        if code is None:
            raise InvalidGrant(_DEAD, detail="no such device code")
        if code.client_id != request.client.client_id:
            raise InvalidGrant(_DEAD, detail=f"the device code belongs to client {code.client_id}")
        if code.jkt and not equal(code.jkt, request.jkt):
            raise InvalidGrant("the device code is bound to a DPoP key, and the proof is of another one or missing")
        return code

    async def _not_yet(self, code: DeviceCode, now: int) -> AuthorizationPending | SlowDown:
        if await self._device_codes.poll(code, now):
            return AuthorizationPending("the person has not answered yet")
        return SlowDown("polled too fast: add five seconds to the interval")

    async def _redeem(self, code: DeviceCode, resource: tuple[str, ...], request: TokenRequest) -> Authorization:
        if code.account_id is None or code.grant_id is None:
            raise InvalidGrant(_DEAD, detail="allowed by nobody")
        credential = Credential(
            # The code's own: redeeming it again meets the primary key.
            family_id=code.digest[:_FAMILY_ID_BYTES],
            account_id=code.account_id,
            grant_id=code.grant_id,
            scope=parse_scope(code.scope),
            resource=code.resource,
            auth_time=code.auth_time,
            acr=acr_of(code.amr),
            amr=code.amr,
            # Not the browser's session: signing out there does not switch the device off.
            sid=None,
            refresh=code.refresh,
            expires_at=code.expires_at,
        )
        client, now = request.client, request.now
        authorization = await self._redemption.redeem(client, credential, resource=resource, jkt=request.jkt, now=now)
        if authorization is None:
            await self._end_replayed(credential, request)
            raise InvalidGrant(_DEAD, detail="redeemed before, or the grant has ended")
        return authorization

    async def _end_replayed(self, credential: Credential, request: TokenRequest) -> None:
        """Two hold the code, and one of them should not: end what it bought. Spec: RFC 9700 §4.5.3"""
        account_id, family_id, now = credential.account_id, credential.family_id, request.now
        if await self._families.revoke(account_id, family_id, reason=audit.CODE_REPLAYED, now=now):
            client_id = request.client.client_id
            await self._audit.record(
                audit.CODE_REPLAYED, now=now, account_id=account_id, client_id=client_id, ip=request.ip
            )
