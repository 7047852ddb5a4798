"""The way from a file to `Settings`, or to one error that lists every problem.

Pure but for `read`. Reading the clock, the vault or the network is left to others.
"""

import hashlib
import os
import stat
from collections.abc import Collection
from pathlib import Path

from pydantic import ValidationError

from agent.errors import ConfigError, NoPermissionError
from agent.settings import explain
from agent.settings.models import Settings
from agent.settings.plain import Document, build
from agent.settings.problem import Lines, Problem, Spot, refusal
from agent.settings.rules import breaches
from agent.settings.strict_yaml import compose

MOST_BYTES = 256_000
"""A larger file is refused unread."""

_TRIES = 3


def load(path: Path, *, marketplaces: Collection[str]) -> Settings:
    """Reads and checks a configuration file. Raises as `read` and `parse`."""
    return parse(read(path), str(path), marketplaces=marketplaces)


def read(path: Path) -> str:
    """The text of a configuration file, all of it as it was at one moment.

    Raises:
        ConfigError: there is none, it is no regular file, over 256 kB, not UTF-8, cannot be read, or is
            written to all the time.
        NoPermissionError: it may not be read.
    """
    for _ in range(_TRIES):
        raw = _unchanged(path)
        if raw is not None:
            return _text(str(path), raw)
    raise ConfigError(
        f"{path} changes while it is read.", next_step="Wait until it is saved, then try again."
    )


def parse(text: str, name: str, *, marketplaces: Collection[str]) -> Settings:
    """Checks the text of a configuration.

    Args:
        text: the YAML.
        name: what to call the file in messages.
        marketplaces: the marketplaces an account may live in, like `amazon.de`.

    Raises:
        ConfigError: its `problems` hold every one as `name:line:column: path: message (proposal)`,
            in file order and without any value of the file.
    """
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise _too_large(name)
    node, syntax = compose(text)
    if node is None and syntax:
        raise refusal(name, syntax)
    document = build(node, text)
    settings, found = _validated(document)
    found += _broken_rules(document, frozenset(marketplaces))
    found += [*syntax, *document.problems]
    if found or settings is None:
        raise refusal(name, found)
    return settings


def config_hash(text: str) -> str:
    """Hex SHA-256 of a configuration's text: which version of the file was in force."""
    return hashlib.sha256(text.encode()).hexdigest()


def _unchanged(path: Path) -> bytes | None:
    """The bytes of the file; None where somebody wrote to it in the meantime."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        raise NoPermissionError(f"{path} may not be read by this user.") from None
    except (OSError, ValueError):
        next_step = "Check the path, or write one with `voicepurge init`."
        raise ConfigError(f"There is no configuration at {path}.", next_step=next_step) from None
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise ConfigError(f"{path} is not a regular file.")
        if before.st_size > MOST_BYTES:
            raise _too_large(str(path))
        raw = os.pread(descriptor, MOST_BYTES + 1, 0)
        after = os.fstat(descriptor)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    finally:
        os.close(descriptor)
    return raw if _version(before) == _version(after) and len(raw) == after.st_size else None


def _version(found: os.stat_result) -> tuple[int, int, int]:
    """What changes when somebody writes to a file, or puts another one in its place."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", errors="replace")
        spot = Lines(before).spot(len(before))
        raise refusal(name, [Problem(spot, "", "not UTF-8", "save the file as UTF-8")]) from None


def _too_large(name: str) -> ConfigError:
    message = f"larger than {MOST_BYTES // 1000} kB, so it was not read"
    return refusal(name, [Problem(Spot(), "", message, "is this the right file?")])


def _validated(document: Document) -> tuple[Settings | None, list[Problem]]:
    if () in document.broken:
        return None, []
    try:
        return Settings.model_validate(document.data), []
    except ValidationError as error:
        return None, list(explain.problems(error, document))


def _broken_rules(document: Document, marketplaces: frozenset[str]) -> list[Problem]:
    found = []
    for breach in breaches(document.data, marketplaces):
        place = document.place(breach.path)
        spot = place.key if breach.at_key else place.value
        shown = document.shown(breach.path)
        found.append(Problem(spot, shown, breach.message, breach.proposal, breach.path))
    return found
