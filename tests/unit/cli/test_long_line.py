"""Long lines from a real terminal."""

import io
import os
import pty
import termios
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from agent.cli.long_line import read_long_line
from agent.errors import UsageError


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """The hand's end of a pseudo-terminal and the program's."""
    hand, program = pty.openpty()
    with os.fdopen(program, "r") as stream:
        yield hand, stream
    os.close(hand)


def typed(terminal: tuple[int, TextIO], text: bytes, most: int = 16_384) -> str:
    hand, stream = terminal
    typing = threading.Thread(target=os.write, args=(hand, text))
    try:
        return read_long_line(most, typing.start, stream)
    finally:
        typing.join(5)


@pytest.mark.parametrize("length", [10, 4094, 4095, 4096, 4097, 9000])
def test_a_line_of_any_length_arrives_whole(terminal: tuple[int, TextIO], length: int) -> None:
    """The 4095 bytes of a terminal's usual mode are no limit."""
    text = bytes(ord("a") + number % 26 for number in range(length))
    assert typed(terminal, text + b"\n").encode() == text


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (b"abd\x7fc\r", "abc"),
        (b"wrong\x15right\n", "right"),
        (b"\x1b[200~https://x\x1b[201~\n", "https://x"),
        (b"ab\x04", "ab"),
        (b"\n", ""),
        (b"  padded  \n", "padded"),
    ],
)
def test_keys_do_what_they_usually_do(terminal: tuple[int, TextIO], keys: bytes, line: str) -> None:
    """Backspace, Ctrl-U, Ctrl-D and a bracketed paste."""
    assert typed(terminal, keys) == line


def test_nothing_is_shown_and_the_terminal_is_as_before(terminal: tuple[int, TextIO]) -> None:
    """What is pasted is not echoed; the mode comes back, also after too long a line."""
    hand, stream = terminal
    before = termios.tcgetattr(stream.fileno())
    assert typed(terminal, b"secret\n") == "secret"
    with pytest.raises(UsageError):
        typed(terminal, b"x" * 100 + b"\n", most=50)
    assert termios.tcgetattr(stream.fileno()) == before
    os.set_blocking(hand, False)
    with pytest.raises(BlockingIOError):
        os.read(hand, 100)


def nobody() -> None:
    pass


def test_a_pipe_gives_one_line() -> None:
    """Without a terminal the first line counts; too long a one is refused."""
    assert read_long_line(10, nobody, io.StringIO("one\ntwo\n")) == "one"
    assert read_long_line(10, nobody, io.StringIO("")) == ""
    with pytest.raises(UsageError):
        read_long_line(10, nobody, io.StringIO("x" * 11 + "\n"))
