"""A mail as plain text and as HTML, made of the same sentences, so that both always say the same.

Owns the two forms and the bytes for the wire. Leaves the sentences to ``texts``.

Spec: RFC 5322 §3.6; RFC 2046 §5.1.4
"""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct

_CONTROL = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")
_NAME_LIMIT_CHARS = 60
# Addresses an operator typed come here as they are: exactly one, without anything a header gives a meaning to.
_ONE_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f-\x9f,;:<>@\"()\[\]\\]+@[^\s\x00-\x1f\x7f-\x9f,;:<>@\"()\[\]\\]+")


class Content(Struct, frozen=True, kw_only=True):
    """What a mail says. Every text is plain; names in it were typed by people."""

    language_tag: str
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    link: str = ""
    link_words: str = ""
    footer: str = ""


class Mail(Struct, frozen=True, kw_only=True):
    """A mail ready to be sent, and what the outbox page shows of it."""

    recipient: str
    subject: str
    text: str
    html: str
    link: str = ""


class MailWriter:
    """Writes mails in the name of the service."""

    def __init__(self, *, sender: str, service_name: str, issuer: str) -> None:
        self._sender = Address(service_name, addr_spec=sender)
        self._domain = sender.rpartition("@")[2]
        self._service = {"service_name": service_name, "issuer": issuer}
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
        )

    def write(self, recipient: str, content: Content) -> Mail:
        """Both forms of ``content`` for ``recipient``, a canonical address."""
        lines = [content.greeting, *content.paragraphs]
        if content.link:
            lines += [f"{content.link_words}:\n{content.link}"]
        lines += [content.footer, f"-- \n{self._service['service_name']}\n{self._service['issuer']}"]
        html = self._environment.get_template("mail.html").render(content=content, **self._service)
        return Mail(
            recipient=recipient,
            subject=one_line(content.subject),
            text="\n\n".join(line for line in lines if line) + "\n",
            html=html,
            link=content.link,
        )

    def message(self, mail: Mail, mail_id: bytes, now: int) -> bytes:
        """The bytes for the wire. ``ValueError`` for more than one address, and for line breaks in a header.

        The same mail tried twice has the same Message-ID, so that a mailbox can drop the second.
        """
        if not _ONE_ADDRESS.fullmatch(mail.recipient):
            raise ValueError("not one address")
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = self._sender
        message["To"] = Address(addr_spec=mail.recipient)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
        message["Message-ID"] = f"<{mail_id.hex()}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers (RFC 3834 §5)
        message.set_content(mail.text, cte="base64")
        message.add_alternative(mail.html, subtype="html", cte="base64")
        return message.as_bytes()

    @property
    def sender(self) -> str:
        """The address in the envelope."""
        return self._sender.addr_spec


def parse_message(message: bytes) -> EmailMessage:
    """A message as it came over the wire."""
    return message_from_bytes(message, policy=policy.default)


def one_line(text: str) -> str:
    """``text`` for a header or a sentence: what somebody typed cannot begin a second line or go on for ever."""
    return text.translate(_CONTROL)


def short_name(text: str) -> str:
    """A name somebody chose, fit for a mail: one line, short, and no address a mail program would make a link of."""
    shown = one_line(text)[:_NAME_LIMIT_CHARS].strip()
    return "" if "://" in shown or "www." in shown.lower() else shown
