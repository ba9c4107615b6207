"""Taking the second factor of somebody away who lost it. Owns what ends with it; who may do so is the callers'."""

from lingpai.server.storage.driver import Driver
from lingpai.server.storage.second_factors import SecondFactorRows, SignInSteps
from lingpai.server.storage.sessions import Sessions


async def take_second_factor_away(driver: Driver, account_id: bytes) -> None:
    """The app and the recovery codes are nothing any more, and every session ends: somebody may have found the phone.

    Passkeys stay, which their device opens only for its owner.
    """
    await SecondFactorRows(driver).delete(account_id)
    await SignInSteps(driver).end_all(account_id)
    await Sessions(driver).end_all(account_id)
