"""PostgreSQL that is reached with TLS or not at all.

A real server with ``hostssl`` where the machine has one that was built with OpenSSL. The embedded one was not; in front
of it a small terminator keeps the same rule, so that the tunnel's side is tested on every machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from tests.postgres import throwaway_cluster
from tests.tunnel.certificates import make_certificates
from tests.tunnel.servers import free_port

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


def bin_dir_with_tls() -> Path | None:
    """PostgreSQL's programs, if the system has any that were built with TLS."""
    for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        asked = subprocess.run([place / "pg_config", "--configure"], check=False, capture_output=True, text=True)
        if "--with-openssl" in asked.stdout or "--with-ssl=openssl" in asked.stdout:
            return place
        if asked.returncode != 0 and b"SSL_CTX_new" in (place / "postgres").read_bytes():
            return place  # pg_config may be in a package of its own
    return None


@contextlib.contextmanager
def hostssl_cluster(folder: Path, bin_dir: Path) -> Iterator[tuple[int, Path]]:
    """A cluster whose pg_hba.conf lets nobody in over TCP but with TLS: its port, its authority's certificate."""
    port = free_port()
    authority, certificate, key = make_certificates("localhost")
    folder.mkdir(mode=0o711, exist_ok=True)
    with throwaway_cluster(
        folder / "cluster",
        bin_dir=bin_dir,
        options={"listen_addresses": "127.0.0.1", "port": str(port)},
        hba=("local all all trust", "hostssl all all 127.0.0.1/32 trust"),
    ) as server:
        owner = server.data_dir.stat()
        for name, content in (("server.crt", certificate), ("server.key", key)):
            path = server.data_dir / name
            path.touch(mode=0o600)
            path.write_bytes(content)
            if os.geteuid() == 0:
                os.chown(path, owner.st_uid, owner.st_gid)
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("alter system set ssl = on")
        server.reload()
        (folder / "ca.crt").write_bytes(authority)
        yield port, folder / "ca.crt"


@contextlib.contextmanager
def tls_terminator(folder: Path, database: Path) -> Iterator[tuple[int, Path]]:
    """Demands TLS in PostgreSQL's own words and hands what is inside to the database's unix socket."""
    folder.mkdir(exist_ok=True)
    authority, certificate, key = make_certificates("localhost")
    for name, content in (("ca.crt", authority), ("server.crt", certificate), ("server.key", key)):
        (folder / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    ready: queue.SimpleQueue[tuple[int, Callable[[], object]]] = queue.SimpleQueue()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(context, database, ready)))
    thread.start()
    port, stop = ready.get()
    try:
        yield port, folder / "ca.crt"
    finally:
        stop()
        thread.join()


async def _serve(
    context: ssl.SSLContext, database: Path, ready: queue.SimpleQueue[tuple[int, Callable[[], object]]]
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _terminate(reader, writer, context, database)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    ready.put((server.sockets[0].getsockname()[1], lambda: loop.call_soon_threadsafe(stop.set)))
    await stop.wait()
    server.close()


async def _terminate(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, database: Path
) -> None:
    while (request := struct.unpack("!ii", await reader.readexactly(8))[1]) == GSS_REQUEST:
        writer.write(b"N")
    if request != SSL_REQUEST:
        fields = b"SFATAL\0VFATAL\0C28000\0Mno encryption\0\0"
        writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        await writer.drain()
        return
    writer.write(b"S")
    await writer.drain()
    await writer.start_tls(context)
    far_reader, far_writer = await asyncio.open_unix_connection(str(database))
    try:
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
    finally:
        far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    raise ConnectionAbortedError  # PostgreSQL's connections end in both directions at once
