"""A web server of somebody else on this machine, as badly behaved as a test wants it. Speaks bytes, so it can lie."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class ForeignWeb:
    """Answers every request with ``answer``; ``asked`` is what it was asked, header lines included."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[str] = []
        """What was sent to it, one for each of ``asked``."""
        self.names: list[str | None] = []
        """What clients called it when TLS began (SNI)."""
        self.answer: Answer = send_json({"keys": []})
        self.port = 0
        self._scheme = "http"
        self._answering: set[asyncio.Task[None]] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> "AsyncIterator[ForeignWeb]":
        web = cls()
        if tls is not None:
            web._scheme = "https"
            tls.sni_callback = lambda _socket, name, _context: web.names.append(name)
        server = await asyncio.start_server(web._serve, host, 0, ssl=tls)
        web.port = server.sockets[0].getsockname()[1]
        try:
            yield web
        finally:
            server.close()
            for answering in web._answering:
                answering.cancel()
            await asyncio.gather(*web._answering, return_exceptions=True)
            await server.wait_closed()

    def url(self, path: str = "/jwks.json", *, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}{path}"

    def jwks(self, *keys: dict[str, str], **headers: str) -> None:
        """Publish these keys."""
        self.answer = send_json({"keys": list(keys)}, **headers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._answering.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"^content-length: (\d+)", head, re.IGNORECASE | re.MULTILINE)
                self.bodies.append((await reader.readexactly(int(length[1]))).decode() if length else "")
                self.asked.append(head)
                await self.answer(writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._answering.discard(task)


def send(body: bytes, *, status: str = "200 OK", **headers: str) -> Answer:
    """Exactly these bytes; ``headers`` with underscores for hyphens. Without content_length, until the end."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        writer.write("\r\n".join([*lines, "connection: close", "", ""]).encode() + body)
        await writer.drain()

    return answer


def send_json(content: object, **headers: str) -> Answer:
    """A well-behaved answer."""
    return send(json.dumps(content).encode(), **({"content_type": "application/json"} | headers))


def trickle(piece: bytes, *, every_s: float) -> Answer:
    """A good beginning, and then a byte now and then for ever."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await send(b"", content_type="application/json")(writer)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)

    return answer


async def hang(_writer: asyncio.StreamWriter) -> None:
    """Say nothing, until the test is over."""
    await asyncio.Event().wait()


class Certificates:
    """A certificate authority of ours, and what it certified."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._certificate = self._certify("Test CA", self._key.public_key(), None, "Test CA")

    def server(self, *names: str) -> ssl.SSLContext:
        """For a server with these names (or IP addresses)."""
        key = generate_private_key(SECP256R1())
        certificate = self._certify(names[0], key.public_key(), names)
        file = self._folder / f"{names[0]}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def client(self) -> ssl.SSLContext:
        """For a client that trusts this authority and no other."""
        return ssl.create_default_context(cadata=self._certificate.public_bytes(Encoding.PEM).decode())

    def _certify(
        self, name: str, key: EllipticCurvePublicKey, names: tuple[str, ...] | None, by: str = "Test CA"
    ) -> x509.Certificate:
        now = dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, by)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + dt.timedelta(days=36_500))
            .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        )
        if names is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), False)
        return builder.sign(self._key, SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
