"""A mail from its sentences to the mail server, whatever names are in it and however often the mail server is away."""

import asyncio
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from lingpai.i18n import load_translators
from lingpai.server.config import Config
from lingpai.server.log import get_logger
from lingpai.server.mail import texts
from lingpai.server.mail.address import canonical_address
from lingpai.server.mail.message import Content, MailWriter, parse_message, short_name
from lingpai.server.mail.post import RETRY_AFTER_S, MailRefused, Post
from lingpai.server.mail.smtp import Smtp
from lingpai.server.storage.mail import MailQueue
from lingpai.server.storage.sqlite import SQLiteDriver

KEY = b"k" * 32
TO = "lihua@example.com"
WRITER = MailWriter(sender="no-reply@example.com", service_name="令牌 Lingpai", issuer="https://auth.example.com")
WORDS = load_translators()


class Sink:
    """A mail server that keeps what it gets, after it has refused as often as it was told to."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.messages: list[tuple[str, bytes]] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - theirs
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        self.messages.append((envelope.rcpt_tos[0], envelope.content))
        return "250 OK"


@pytest.fixture
def queue(driver: SQLiteDriver) -> MailQueue:
    return MailQueue(driver)


def post_to(queue: MailQueue, sink: Sink | None, port: int = 0) -> Post:
    if sink is None:
        return Post(queue, WRITER, None, get_logger("test"), key=KEY)
    smtp = Smtp(Config(smtp_host="127.0.0.1", smtp_port=port, smtp_security="none"))
    return Post(queue, WRITER, smtp.send, get_logger("test"), key=KEY)


async def deliver(queue: MailQueue, sink: Sink, *times: int) -> list[int]:
    """Mails tried at each of these times."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, hostname="localhost"), "127.0.0.1", 0)
    async with server:
        post = post_to(queue, sink, server.sockets[0].getsockname()[1])
        return [await post.send_due(now) for now in times]


def files_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("lingpai.db*"))


def content(locale: str = "en") -> Content:
    return texts.reset_password(
        WORDS[locale], username="zhangsan", link="https://auth.example.com/x?token=abc", hours=2
    )


async def test_a_mail_arrives_in_two_forms(queue: MailQueue) -> None:
    await post_to(queue, Sink(), 1).put(TO, content("zh_CN"), 1000)
    sink = Sink()
    assert await deliver(queue, sink, 1000, 1001) == [1, 0]
    recipient, body = sink.messages[0]
    message = parse_message(body)
    assert recipient == TO
    assert message["Subject"] == "设置新密码"
    assert message["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert isinstance(part, EmailMessage)
        assert "https://auth.example.com/x?token=abc" in part.get_content()
        assert "zhangsan" in part.get_content()


async def test_a_mail_that_was_not_taken_is_tried_again_and_not_lost(queue: MailQueue) -> None:
    await post_to(queue, Sink(), 1).put(TO, content(), 1000)
    sink = Sink("451 later", "452 full")
    first = RETRY_AFTER_S[0]
    second = first + RETRY_AFTER_S[1]
    assert await deliver(queue, sink, 1000, 1001, 1000 + first, 1000 + second) == [1, 0, 1, 1]
    assert len(sink.messages) == 1


async def test_a_mail_that_will_never_be_taken_is_given_up(queue: MailQueue) -> None:
    await post_to(queue, Sink(), 1).put(TO, content(), 1000)
    sink = Sink("550 no such mailbox")
    assert await deliver(queue, sink, 1000, 100_000) == [1, 0]
    assert sink.messages == []


async def test_a_mail_server_that_is_away_is_waited_for(queue: MailQueue) -> None:
    post = post_to(queue, Sink(), 1)
    await post.put(TO, content(), 1000)
    assert await post.send_due(1000) == 1
    assert len(await queue.list(1000)) == 1


async def test_several_processes_send_it_once(queue: MailQueue) -> None:
    sent: list[bytes] = []

    async def send(_sender: str, _recipient: str, message: bytes) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    posts = [Post(queue, WRITER, send, get_logger("test"), key=KEY) for _ in range(4)]
    await posts[0].put(TO, content(), 1000)
    await asyncio.gather(*(post.send_due(1000) for post in posts))
    assert len(sent) == 1


async def test_a_mail_in_the_database_can_be_read_by_nobody(queue: MailQueue, tmp_path: Path) -> None:
    await post_to(queue, None).put(TO, content(), 1000)
    everything = files_in(tmp_path)
    assert b"token=abc" not in everything
    assert TO.encode() not in everything
    other = Post(queue, WRITER, None, get_logger("test"), key=b"another key of thirty-two bytes!")
    assert await other.outbox(1000) == []
    assert len(await post_to(queue, None).outbox(1000)) == 1


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\x00"])
async def test_no_name_begins_a_header_of_its_own(queue: MailQueue, line_break: str) -> None:
    evil = f"Photo{line_break}Bcc: victim@example.com{line_break}{line_break}<b>hello</b>"
    await post_to(queue, Sink(), 1).put(
        TO, texts.new_grant(WORDS["en"], username=f"x{line_break}Bcc: v@example.com", application=evil), 1000
    )
    sink = Sink()
    await deliver(queue, sink, 1000)
    message = parse_message(sink.messages[0][1])
    assert message["Bcc"] is None
    assert [name for name in message if name.lower() == "bcc"] == []
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)
    assert "<b>hello" not in html.get_content()


@pytest.mark.parametrize("recipient", ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "", "x"])
async def test_no_address_becomes_two(queue: MailQueue, recipient: str) -> None:
    await post_to(queue, Sink(), 1).put(recipient, content(), 1000)
    sink = Sink()
    await deliver(queue, sink, 1000)
    assert all(to.count("@") == 1 and "," not in to for to, _ in sink.messages)
    assert all(b"Bcc" not in body for _, body in sink.messages)


@pytest.mark.parametrize("name", ["http://evil.example", "see www.evil.example", "HTTPS://evil"])
def test_a_name_that_is_an_address_is_not_shown(name: str) -> None:
    assert short_name(name) == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("LiHua@Example.COM", "lihua@example.com"),
        (" a.b+c@example.com ", "a.b+c@example.com"),
        ("zhang@例え.テスト", "zhang@xn--r8jz45g.xn--zckzah"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert canonical_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["a@b c", "a@b,c@d", "a\n@b.c", '"a"@b.c', "a@[1.2.3.4]", "a@1.2.3.4", ".a@b.c", "a..b@c.d", "@b.c", "a@", "a", "",
     "a@-b.c", "ａ@example.com".replace("ａ", "é"), "a" * 65 + "@b.c", "a@" + "b" * 130 + ".c", "a@b.c\r\nBcc: x@y.z"],
)  # fmt: skip
def test_what_is_unusual_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError, match="address"):
        canonical_address(typed)


async def test_a_mail_given_up_is_gone(queue: MailQueue) -> None:
    async def send(_sender: str, _recipient: str, _message: bytes) -> None:
        raise MailRefused("away", is_final=False)

    post = Post(queue, WRITER, send, get_logger("test"), key=KEY)
    await post.put(TO, content(), 1000)
    now = 1000
    for wait_s in (*RETRY_AFTER_S, RETRY_AFTER_S[-1]):
        assert await post.send_due(now) == 1
        now += wait_s
    assert await queue.list(1000) == []


@pytest.mark.parametrize("sender", ["x", "a@b.c\r\nBcc: d@e.f", "a@b.c, d@e.f", "A <a@b.c>", "a@b.c\n"])
def test_the_sender_is_one_address(sender: str) -> None:
    with pytest.raises(ValueError, match="mail_from"):
        Config(mail_from=sender)


def test_the_outbox_is_shown_on_no_server_of_others() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        Config(issuer="https://auth.example.com", mail_outbox=True)
    assert Config(issuer="http://localhost:4000", mail_outbox=True).mail_outbox
