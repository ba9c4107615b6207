"""Handing a mail to a mail server. Owns the connection and which of its answers are final.

Spec: RFC 5321 §4.2.1; RFC 3207 §4
"""

from lingpai.server.config import Config
from lingpai.server.mail.post import MailRefused

_TIMEOUT_S = 20


class Smtp:
    """One connection for every mail: they are few."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def send(self, sender: str, recipient: str, message: bytes) -> None:
        """Returns when the mail server has taken responsibility. Raises ``MailRefused``."""
        import aiosmtplib  # noqa: PLC0415 - loaded by who sends something

        config = self._config
        try:
            await aiosmtplib.send(
                message,
                sender=sender,
                recipients=[recipient],
                hostname=config.smtp_host,
                port=config.smtp_port,
                username=config.smtp_username or None,
                password=config.smtp_password or None,
                use_tls=config.smtp_security == "tls",
                # Never "if it happens to offer it": whoever sits between could take the offer away.
                start_tls=config.smtp_security == "starttls",
                timeout=_TIMEOUT_S,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
            code = _code_of(error)
            raise MailRefused(f"{type(error).__name__} {code}", is_final=500 <= code < 600) from error
        # A refused sign-in or sender is ours to repair, so the mail waits for it, whatever the number says.
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailRefused(type(error).__name__, is_final=False) from error


def _code_of(error: Exception) -> int:
    """The mail server's number; of a refused recipient, that of the only one there is."""
    refused = getattr(error, "recipients", None)
    return int(refused[0].code if refused else getattr(error, "code", 0))
