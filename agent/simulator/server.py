"""Starting and stopping a practice cloud: loopback and TLS only, a throw-away CA in a private directory."""

import contextlib
import logging
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import trustme
import uvicorn

from agent.errors import TryLaterError, UsageError
from agent.simulator import practice
from agent.simulator.account import MARKETPLACES, host_names
from agent.simulator.app import application
from agent.simulator.lines import Lines, protocol
from agent.simulator.scenario import Dials, dials_file, dials_from
from agent.simulator.shapes import Shape
from agent.simulator.shapes import shape as named_shape
from agent.simulator.world import World

LOOPBACK = "127.0.0.1"
_START_S = 10.0
_STOP_S = 2


@dataclass(frozen=True)
class PracticeCloud:
    """A running practice cloud. All methods may be called from any thread.

    Attributes:
        url: `https://127.0.0.1:PORT`.
        port: the port alone.
        ca: file of the only CA to trust, PEM.
        world: its state, for tests; hold `world.lock` while looking into it.
    """

    url: str
    port: int
    ca: Path
    world: World
    recordings: int

    @property
    def credential(self) -> str:
        """The refresh token of the practice account; begins with `practice-`."""
        return self.world.account.credential

    @property
    def marketplace(self) -> str:
        """Retail domain of the account."""
        return self.world.account.domain

    def facts(self) -> dict[str, object]:
        """What the `simulator` verb prints."""
        return {
            "url": self.url,
            "ca": str(self.ca),
            "credential": self.credential,
            "seed": self.world.seed,
            "shape": self.world.shape.name,
            "marketplace": self.marketplace,
            "recordings": self.recordings,
        }

    def now(self) -> int:
        """Its true time, ms UTC."""
        return self.world.now()

    def advance(self, ms: int) -> None:
        """Lets `ms` milliseconds pass."""
        with self.world.lock:
            self.world.clock.advance(ms)

    def truth(self) -> dict[str, Any]:
        """As `practice.truth`."""
        return practice.truth(self.world)

    def turn(self, **fields: object) -> None:
        """Changes dials by name. Raises UsageError for an unknown one."""
        practice.turn(self.world, fields)

    def reshape(self, shape: str | Shape) -> None:
        """Changes the delete request's shape, as Amazon may any day. Raises UsageError as `running`."""
        with self.world.lock:
            self.world.shape = named_shape(shape) if isinstance(shape, str) else shape

    def say(self, text: str | None = None, device: str | None = None, ago_ms: int = 0) -> str:
        """Somebody says something; the key of the new recording."""
        with self.world.lock:
            return self.world.speak(text, device, ago_ms).key


@contextlib.contextmanager
def running(
    *,
    port: int = 0,
    seed: int = 7,
    recordings: int = 2000,
    shape: str | Shape = "json-batch",
    dials: Dials | Mapping[str, object] | None = None,
    marketplace: str = "amazon.de",
    start_ms: int | None = None,
) -> Iterator[PracticeCloud]:
    """A practice cloud in a thread of its own, gone without a trace afterwards.

    Args:
        port: of 127.0.0.1; 0 takes a free one.
        seed: same seed, same account and recordings (relative to the start).
        recordings: rows with a key.
        shape: the delete request's shape, or its name.
        dials: what to change from the honest default.
        marketplace: retail domain of the account.
        start_ms: time at the start, ms UTC; None is now.

    Raises:
        UsageError: unknown shape, marketplace or dial, or the port is taken.
        TryLaterError: it did not come up in ten seconds.
    """
    if marketplace not in MARKETPLACES:
        raise UsageError(f"There is no marketplace of that name; there are {', '.join(MARKETPLACES)}.")
    world = World.create(
        seed=seed,
        recordings=recordings,
        shape=named_shape(shape) if isinstance(shape, str) else shape,
        dials=dials if isinstance(dials, Dials) else dials_from(dials or {}),
        domain=marketplace,
        start_ms=start_ms,
    )
    with _listening(port) as line, _certificates() as (ca, context), _serving(world, line, context):
        actual = line.getsockname()[1]
        yield PracticeCloud(f"https://{LOOPBACK}:{actual}", actual, ca, world, recordings)


def serve_forever(
    port: int,
    seed: int,
    recordings: int,
    shape: str,
    scenario: Path | Mapping[str, object] | None,
    on_ready: Callable[[dict[str, object]], None],
) -> None:
    """Runs until SIGINT or SIGTERM; calls `on_ready` once with the facts to print. Main thread only.

    Raises:
        UsageError: as `running`, or the scenario file is not valid.
    """
    dials = dials_file(scenario) if isinstance(scenario, Path) else dials_from(scenario or {})
    stop = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signals = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, handle) for each in signals}
    try:
        with running(port=port, seed=seed, recordings=recordings, shape=shape, dials=dials) as cloud:
            on_ready(cloud.facts())
            stop.wait()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    # the protocol is named because asyncio turns Nagle's algorithm off only then: 40 ms an answer
    line = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with contextlib.closing(line):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((LOOPBACK, port))
        except (OSError, OverflowError):
            raise UsageError("The port cannot be used.", next_step="Choose another --port, or 0.") from None
        yield line


@contextlib.contextmanager
def _certificates() -> Iterator[tuple[Path, ssl.SSLContext]]:
    """The CA's file, in a directory only we may enter, and the server's side of TLS."""
    place = Path(tempfile.mkdtemp(prefix="voicepurge-practice-"))
    try:
        authority = trustme.CA(organization_name="voicepurge practice")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*host_names(), LOOPBACK, "localhost").configure_cert(context)
        ca = place / "ca.pem"
        authority.cert_pem.write_to_path(str(ca))
        yield ca, context
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextlib.contextmanager
def _serving(world: World, line: socket.socket, context: ssl.SSLContext) -> Iterator[None]:
    lines: Lines = {}
    config = uvicorn.Config(
        application(world, lines),
        http=protocol(lines),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_STOP_S,
        timeout_keep_alive=60,
    )
    config.load()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # a reset on purpose is no news
    config.ssl = context
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [line]}, name="practice-cloud", daemon=True
    )
    thread.start()
    try:
        _await_start(server, thread)
        yield
    finally:
        world.stopping = True
        server.should_exit = True
        thread.join()


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + _START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise TryLaterError("The practice cloud did not start.")
        time.sleep(0.005)
