"""Others who are told something, over real sockets on this machine: a web server and a mail server."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(slots=True)
class Got:
    """What a sink was sent: paths and bodies of requests, or messages. `answer` may be changed any time."""

    port: int
    answer: int = 200
    slow_s: float = 0.0
    paths: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the web server."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def web_sink() -> Iterator[Got]:
    """A web server that takes everything, unless told to refuse or to be slow."""
    got = Got(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            got.paths.append(self.path)
            got.bodies.append(self.rfile.read(length).decode())
            released.wait(got.slow_s)
            self.send_response(got.answer)
            if 300 <= got.answer < 400:
                self.send_header("location", f"{got.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is what a test wanted."""

    released = threading.Event()
    server = Server(("127.0.0.1", 0), Handler)
    got.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield got
    finally:
        released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mail_sink() -> Iterator[Got]:
    """A mail server that takes everything, or answers 500 when told so."""
    got = Got(free_port())

    class Handler:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
            content = envelope.content
            got.bodies.append(content.decode() if isinstance(content, bytes) else str(content))
            return "250 OK" if got.answer == 200 else "500 no"

    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it is in our process and not ours
    controller = Controller(Handler(), hostname="127.0.0.1", port=got.port)
    controller.start()
    try:
        yield got
    finally:
        controller.stop()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def silent_sink() -> Iterator[Got]:
    """A server that accepts connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield Got(listener.getsockname()[1])


def until(condition: object, seconds: float = 10.0) -> None:
    """Waits until `condition()` holds; fails when it does not in time."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
