import asyncio
import gc
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator

import pytest
import structlog

from agent import logs
from agent.errors import VaultError

CANARY = "canary-8d1f-secret"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture(autouse=True)
def leave_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    logs.forget_secrets()


def written(say: Callable[[], object], *, json: bool = True, prefix: bool = False, tty: bool = False) -> str:
    """All that is written while `say` runs; pytest's own handlers stay out of it."""
    logging.getLogger().handlers.clear()
    stream = Terminal() if tty else io.StringIO()
    logs.configure(json=json, level="debug", stream=stream, priority_prefix=prefix)
    say()
    return stream.getvalue()


def crash(message: str) -> None:
    def fail(local: str) -> None:  # a traceback with local variables would show it
        raise ValueError(message + local[:0])

    try:
        fail(CANARY)
    except ValueError:
        structlog.get_logger("agent.test").exception("it broke")
        logging.getLogger("library").exception("it broke there")


def test_one_json_object_a_line() -> None:
    """Ours and a library's lines have the same shape: event, level, logger, UTC time."""

    def say() -> None:
        structlog.get_logger("agent.test").info("run ended", account="home", gone=3)
        logging.getLogger("library").warning("%s of %s", 1, 2)

    ours, theirs = (json.loads(line) for line in written(say).splitlines())
    assert ours["timestamp"].endswith("Z")
    del ours["timestamp"], theirs["timestamp"]
    assert ours == {
        "event": "run ended",
        "level": "info",
        "logger": "agent.test",
        "account": "home",
        "gone": 3,
    }
    assert theirs == {"event": "1 of 2", "level": "warning", "logger": "library"}


@pytest.mark.parametrize(
    "shape", [{"json": True}, {"json": False}, {"json": False, "tty": True}, {"prefix": True}]
)
def test_a_secret_never_comes_out(shape: dict[str, bool]) -> None:
    """By no way into a log line: event, field, context, argument, exception, warning, unknown object."""

    def say() -> None:
        logs.register_secret(CANARY)
        log = structlog.get_logger("agent.test")
        sentence = f"event {CANARY}"
        log.info(sentence, detail=CANARY, listed=[{"deep": CANARY}], thing=ValueError(CANARY))
        log.info(
            "bytes and objects", raw=CANARY.encode(), what=type("Odd", (), {"__repr__": lambda _: CANARY})()
        )
        with structlog.contextvars.bound_contextvars(where=CANARY):
            log.info("in context")
        logging.getLogger("library").error("argument %s", CANARY)
        crash(f"message {CANARY}")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"careful {CANARY}", stacklevel=1)

    out = written(say, **shape)
    assert CANARY not in out
    assert out.count("[removed]") >= 8


def test_private_keys_lose_their_value() -> None:
    """A transcript, name or serial needs no registering: its key is enough, in context variables too."""

    def say() -> None:
        structlog.get_logger("agent.test").info("row", transcript="play", device_name="Kids", serial="G0")
        with structlog.contextvars.bound_contextvars(customer_id="A1"):
            structlog.get_logger("agent.test").info("bound")

    row, bound = (json.loads(line) for line in written(say).splitlines())
    assert {row[key] for key in ("transcript", "device_name", "serial")} == {"[removed]"}
    assert bound["customer_id"] == "[removed]"


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_hold_no_local_variables(as_json: bool) -> None:
    """Of a foreign exception its kind and lines are shown: neither its words nor what variables held."""
    out = written(lambda: crash("what happened"), json=as_json, tty=not as_json)
    assert out.count("builtins.ValueError") == 2 and out.count("in fail") == 2
    assert "what happened" not in out and CANARY not in out


def test_our_own_exceptions_keep_their_words() -> None:
    """They never carry a secret, and their message is the help."""

    def fail() -> None:
        raise VaultError("The vault is locked.") from ValueError(CANARY)

    def say() -> None:
        try:
            fail()
        except VaultError:
            logging.getLogger("library").exception("it broke")

    out = written(say)
    assert "VaultError: The vault is locked." in out and "builtins.ValueError" in out and CANARY not in out


def test_asyncio_s_quotation_of_a_failed_task_is_cut() -> None:
    """Its lines below the first show the exception with its words."""

    def say() -> None:
        asyncio.run(_forget_a_task())

    out = written(say)
    assert "Task exception was never retrieved" in out and CANARY not in out


async def _forget_a_task() -> None:
    async def fail() -> None:
        raise ValueError(CANARY)

    task = asyncio.get_running_loop().create_task(fail())
    await asyncio.sleep(0.01)
    del task
    gc.collect()


def test_the_http_client_is_quiet() -> None:
    """The libraries would log addresses and headers; below a warning they say nothing."""

    def say() -> None:
        logging.getLogger("httpx").info("HTTP Request: GET https://www.amazon.de/")
        logging.getLogger("httpcore.http11").debug("receive_response_headers")
        logging.getLogger("httpx").warning("kept")

    assert [json.loads(line)["event"] for line in written(say).splitlines()] == ["kept"]


def test_the_level_holds_for_everyone() -> None:
    """Below the level nothing is written, by us or by a library."""
    stream = io.StringIO()
    logs.configure(json=True, level="warning", stream=stream)
    structlog.get_logger("agent.test").info("no")
    logging.getLogger("library").info("no")
    structlog.get_logger("agent.test").warning("yes")
    assert len(stream.getvalue().splitlines()) == 1


def test_configuring_again_replaces() -> None:
    """A second call writes each line once, to the new stream."""
    first, second = io.StringIO(), io.StringIO()
    logs.configure(json=True, level="info", stream=first)
    logs.configure(json=True, level="info", stream=second)
    structlog.get_logger("agent.test").info("here")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 1


def test_every_line_has_its_priority() -> None:
    """`<N>` begins each line, also each of a traceback, as sd-daemon(3) wants it."""

    def say() -> None:
        log = structlog.get_logger("agent.test")
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(log, level)("said")

    assert [line[:3] for line in written(say, prefix=True).splitlines()] == [
        "<7>",
        "<6>",
        "<4>",
        "<3>",
        "<2>",
    ]
    trace = written(lambda: crash("x"), json=False, prefix=True).splitlines()
    assert len(trace) > 4
    assert {line[:3] for line in trace} == {"<3>"}


def test_a_broken_record_shows_no_argument() -> None:
    """A line that cannot be put together is reported by its place; the arguments are not shown."""
    out = written(lambda: logging.getLogger("library").info("%d", CANARY))
    assert "could not be written" in out
    assert CANARY not in out


@pytest.mark.parametrize("tty", [True, False])
def test_text_cannot_steer_the_terminal(tty: bool) -> None:
    """On a console, control and bidi characters of an event or field are taken out."""

    def say() -> None:
        structlog.get_logger("agent.test").info("a\x1b]0;title\x07b\nc", answer="x\u202ey\x1b[2J")

    out = written(say, json=False, tty=tty)
    assert "title" not in out
    assert "\u202e" not in out
    assert "\x1b[2J" not in out
    assert len(out.splitlines()) == 1
