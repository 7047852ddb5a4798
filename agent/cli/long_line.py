"""One long line from the person. A terminal in its usual mode cuts a line at 4095 bytes.

Sources: termios(3), "Canonical and noncanonical mode" (Linux man-pages 6.x); N_TTY_BUF_SIZE in the Linux
tty driver.
"""

import os
import sys
import termios
from collections.abc import Callable
from typing import TextIO

from agent.errors import UsageError

_BLOCK = 4096
_END_OF_FILE, _ERASE, _ERASE_ALL = 0x04, (0x08, 0x7F), 0x15
_PASTE_MARKS = (b"\x1b[200~", b"\x1b[201~")
_SPECIAL_CHARACTERS = 6  # place of the list of control characters in what tcgetattr gives
_LOCAL_MODES = 3


def read_long_line(most: int, ask: Callable[[], None], stream: TextIO | None = None) -> str:
    """The next line without its end, from a terminal without showing it; "" at the end of input.

    Args:
        most: characters it may have.
        ask: called once the terminal is ready, so that nothing is lost of what is pasted at once.
        stream: instead of standard input.

    Raises:
        UsageError: it has more than `most` characters.
    """
    stream = sys.stdin if stream is None else stream
    if stream.isatty():
        text = _from_terminal(stream.fileno(), most, ask).decode("utf-8", "replace")
    else:
        ask()
        text = stream.readline(most + 1)
    if len(text.rstrip("\r\n")) > most:
        raise UsageError(f"More than {most} characters came.", next_step="Paste the address alone.")
    return text.strip()


def _from_terminal(descriptor: int, most: int, ask: Callable[[], None]) -> bytes:
    """Reads in noncanonical mode; what was typed behind the line is thrown away."""
    before = termios.tcgetattr(descriptor)
    mode = termios.tcgetattr(descriptor)
    mode[_LOCAL_MODES] &= ~(termios.ICANON | termios.ECHO)
    mode[_SPECIAL_CHARACTERS][termios.VMIN] = 1
    mode[_SPECIAL_CHARACTERS][termios.VTIME] = 0
    line = bytearray()
    termios.tcsetattr(descriptor, termios.TCSANOW, mode)
    try:
        ask()
        while len(line) <= most:
            block = os.read(descriptor, _BLOCK)
            if not block or _take(block, line):
                break
    finally:
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
    for mark in _PASTE_MARKS:
        line = line.replace(mark, b"")
    return bytes(line)


def _take(block: bytes, line: bytearray) -> bool:
    """Adds what was typed to the line, as the terminal itself would; whether the line has ended."""
    for byte in block:
        if byte in b"\r\n" or byte == _END_OF_FILE:
            return True
        if byte in _ERASE:
            del line[-1:]
        elif byte == _ERASE_ALL:
            line.clear()
        else:
            line.append(byte)
    return False
