"""``lingpai serve``: the authorization server as a process.

Owns: the socket, the event loop, the signals, and making what a first start lacks. Leaves: what is served to
``server.wiring``, the line per request to the server.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import click
from msgspec.structs import replace

from lingpai.cli.commands import option
from lingpai.cli.options import ConfigFile, read_config
from lingpai.cli.refusal import Refused
from lingpai.cli.supervisor import Supervisor, WorkerFiles, parse_worker_files

if TYPE_CHECKING:
    import uvicorn

    from lingpai.server.config import Config
    from lingpai.server.web.render import Pages

_BACKLOG = 2048
_GRACE_S = 10
_WARM_AFTER_S = 1.0
_DONE = object()
_ANYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  # compared with, not bound to


def serve(
    host: Annotated[str | None, option(help="The address to listen on; wins over the settings.")] = None,
    port: Annotated[int | None, option(help="The port; 0 takes a free one. Wins over the settings.")] = None,
    tls_cert: Annotated[Path | None, option(help="Certificate (PEM), to try https without a proxy in front.")] = None,
    tls_key: Annotated[Path | None, option(help="The certificate's private key (PEM).")] = None,
    workers: Annotated[
        int | None,
        option(min=1, max=256, help="Serve from so many processes; SIGHUP exchanges them with none refused."),
    ] = None,
    worker: Annotated[str | None, option(hidden=True, help="For its own workers.")] = None,
    config: ConfigFile = None,
) -> None:
    """Run the authorization server until Ctrl-C. A first start makes the database and the keys it does not find.

    Without an `issuer` in the settings it is the address of this machine: good for trying, not for others.
    With `--workers` a reload (SIGHUP) reads settings and program anew; address and certificate files stay.

    Examples:

        lingpai serve

        lingpai serve --config /etc/lingpai/lingpai.toml

        lingpai serve --port 4443 --tls-cert cert.pem --tls-key key.pem

        lingpai serve --workers 4
    """
    if (tls_cert is None) != (tls_key is None):
        raise Refused("--tls-cert and --tls-key go together: give both, or neither")
    settings = read_config(config, host=host, port=port)
    inherited = None if worker is None else parse_worker_files(worker)
    with contextlib.closing(_listen(settings) if inherited is None else _inherit(inherited)) as listener:
        bound_port: int = listener.getsockname()[1]
        settings = _with_issuer(settings, bound_port, https=tls_cert is not None)
        if inherited is None:
            _prepare(settings)
        address = _address("https" if tls_cert else "http", settings.host, bound_port)
        greeting = f"Lingpai listens on {address} (issuer {settings.issuer}). Ctrl-C stops it."
        if workers is None:
            announce = partial(click.echo, greeting) if inherited is None else partial(_say_ready, inherited)
            _run(settings, listener, announce, tls=(tls_cert, tls_key), inherited=inherited)
        else:
            given = {"--config": config, "--host": host, "--port": port, "--tls-cert": tls_cert, "--tls-key": tls_key}
            arguments = [f"{name}={value}" for name, value in given.items() if value is not None]
            Supervisor(listener, workers, arguments).run(partial(click.echo, f"{greeting} {workers} workers."))


def _inherit(files: WorkerFiles) -> socket.socket:
    """The parent's listening socket, with the signals unblocked that the parent waits for."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return socket.socket(fileno=files.listener)


def _say_ready(files: WorkerFiles) -> None:
    os.write(files.ready, b"r")
    os.close(files.ready)


def _listen(config: "Config") -> socket.socket:
    """The listening socket. Bound before anything else, so that a port in use changes nothing on disk."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=_BACKLOG)
    except socket.gaierror:
        raise Refused(f"{config.host} is no address of this machine: set host, or --host 127.0.0.1") from None
    except OSError as error:
        advice = "stop what listens there, or choose another with --port"
        raise Refused(f"cannot listen on {config.host} port {config.port} ({error.strerror}): {advice}") from None


def _with_issuer(config: "Config", port: int, *, https: bool) -> "Config":
    """The settings with an issuer that fits where we listen, unless one is set."""
    if "issuer" in config.names_given:
        return config
    host = "localhost" if config.host in (*_ANYWHERE, "127.0.0.1", "::1", "localhost") else config.host
    return replace(config, issuer=_address("https" if https else "http", host, port))


def _address(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _prepare(config: "Config") -> None:
    """Make database and master key where there is no database yet. Raises ``Refused`` when it cannot be served from."""
    from lingpai.cli.storage import check_schema, create_database, read_schema

    if read_schema(config).current is None:
        create_database(config)
        click.echo(f"made a new database: {config.database_name}")
    check_schema(config)


def _run(
    config: "Config",
    listener: socket.socket,
    announce: Callable[[], None],
    *,
    tls: tuple[Path | None, Path | None],
    inherited: WorkerFiles | None,
) -> None:
    from lingpai.cli.keeper import wrong_master_key
    from lingpai.crypto.seal import Unsealable
    from lingpai.server.config import ConfigInvalid
    from lingpai.server.log import configure_logging
    from lingpai.server.storage.driver import StorageUnavailable
    from lingpai.server.tokens.master_key import MasterKeyError

    configure_logging(config.log_format, config.log_level)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # its greeting is ours to give
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(config, listener, announce, tls, inherited))
    except StorageUnavailable as error:
        raise Refused(f"the database {config.database_name} cannot be used: {error}") from None
    except (MasterKeyError, ConfigInvalid) as error:
        raise Refused(str(error)) from None
    except Unsealable:
        raise Refused(wrong_master_key(config)) from None


async def _serve(
    config: "Config",
    listener: socket.socket,
    announce: Callable[[], None],
    tls: tuple[Path | None, Path | None],
    inherited: WorkerFiles | None,
) -> None:
    import uvicorn

    from lingpai.server.wiring import build_server

    server = build_server(config)
    try:
        await server.start()
        http = uvicorn.Server(_http_settings(server.app, tls))
        # uvicorn finishes open requests at the first signal, then raises it again for whoever had it before: us.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stop)
        if inherited is not None:  # the parent never writes there: whatever is heard, it is gone
            asyncio.get_running_loop().add_reader(inherited.lifeline, _leave_orphaned, inherited.lifeline)
        announce()
        async with asyncio.TaskGroup() as serving:
            warming = serving.create_task(_warm(server.pages))
            await http.serve(sockets=[listener])
            warming.cancel()
    finally:
        await server.close()


async def _warm(pages: "Pages") -> None:
    """Make the pages ready in another thread, after the first requests, and no longer than we serve."""
    await asyncio.sleep(_WARM_AFTER_S)
    templates = pages.warm()
    while await asyncio.to_thread(next, templates, _DONE) is not _DONE:
        pass


def _http_settings(app: Callable[..., object], tls: tuple[Path | None, Path | None]) -> "uvicorn.Config":
    import uvicorn

    from lingpai.cli.whole_answers import WholeAnswers

    settings = uvicorn.Config(
        app,
        http=WholeAnswers,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # its lines hold whole query strings: codes and state
        proxy_headers=False,  # who may speak for others is decided by `trusted_proxies`
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_certfile=tls[0],
        ssl_keyfile=tls[1],
    )
    try:
        settings.load()
    except OSError as error:  # SSLError is one
        raise Refused(f"cannot use {tls[0]} with {tls[1]}: {error.strerror or error}") from None
    return settings


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # not to be had on every platform
        return None
    return uvloop.new_event_loop


def _leave_orphaned(lifeline: int) -> None:
    asyncio.get_running_loop().remove_reader(lifeline)
    signal.raise_signal(signal.SIGTERM)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
