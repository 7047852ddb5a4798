"""A recipe as `agent.ports.DeletionMethod`: renders, sends once, says how it was answered.

Nothing here says anything about what is gone. Bodies and keys are never logged.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from agent.alexa import answers
from agent.alexa.exchange import Incoming, Outgoing
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CouldNotVerifyError,
    DeadlineError,
    SchemaError,
    ThrottledError,
    TooLargeError,
)
from agent.methods import template as language
from agent.methods.recipe import Recipe, Step, Ticket
from agent.methods.render import Given, OutOfBoundsError, render
from agent.model import Answer, Identity, Incomplete, Recording, Result, Scope, Window
from agent.ports import Clock

UNEXPECTED = "unexpected_answer"
_LONGEST_TICKET = 4096


class Sender(Protocol):
    """What is needed of a session."""

    @property
    def clock(self) -> Clock:
        """Measures how long an answer took."""
        ...

    @property
    def identity(self) -> Identity:
        """Whose session it is."""
        ...

    async def tokens(self) -> Mapping[str, str]:
        """`anti_csrf`, and `csrf` where there is one."""
        ...

    async def send(self, outgoing: Outgoing) -> Incoming:
        """Sends once."""
        ...


class RecipeMethod:
    """Implements `agent.ports.DeletionMethod`."""

    def __init__(
        self,
        recipe: Recipe,
        digest: str,
        sender: Sender,
        *,
        name: str,
        fresh: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._recipe, self._digest, self._sender, self._name = recipe, digest, sender, name
        self._fresh = fresh

    @property
    def name(self) -> str:
        """`recipe:NAME`."""
        return self._name

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe file."""
        return self._digest

    @property
    def scope(self) -> Scope:
        """What one request would delete."""
        return self._recipe.scope

    @property
    def batch(self) -> int:
        """The most recordings one request names."""
        return self._recipe.batch

    @property
    def needs_items(self) -> bool:
        """Whether it names parts of recordings."""
        return self._recipe.needs_items

    def days(self, now: int) -> Sequence[Window]:  # noqa: ARG002 - as the port says
        """None: a recipe names recordings, a range, or everything."""
        return ()

    async def request(self, recordings: Sequence[Recording], window: Window) -> Answer:
        """Sends one deletion request, once; see the port."""
        began = self._sender.clock.monotonic()
        answer = await self._through(recordings, window)
        took = round((self._sender.clock.monotonic() - began) * 1000)
        return Answer(answer.result, answer.status, answer.reason, took, answer.retry_after_s)

    async def _through(self, recordings: Sequence[Recording], window: Window) -> Answer:
        try:
            identity = self._sender.identity
            values = {**await self._sender.tokens(), "customer_id": identity.customer_id}
            values |= {name: self._fresh() for name in language.FRESH}
            steps = self._recipe.steps
            for step in steps[:-1]:
                incoming = await self._send(step, Given(recordings, window, values))
                refused = _refusal(incoming, None)
                if refused is not None:
                    return refused
                ticket = _ticket(step.ticket, incoming)
                if ticket is None:
                    return Answer(Result.REFUSED, incoming.status, UNEXPECTED)
                values["ticket"] = ticket
            incoming = await self._send(steps[-1], Given(recordings, window, values))
        except (ConnectionLostError, DeadlineError) as error:
            return Answer(Result.UNKNOWN, reason=error.code)
        except OutOfBoundsError as error:
            return Answer(Result.REFUSED, reason=error.code)
        except AgentError as error:
            pause = error.retry_after_s if isinstance(error, ThrottledError) else None
            return Answer(Result.REFUSED, reason=error.code, retry_after_s=pause)
        refused = _refusal(incoming, self._recipe)
        return refused if refused is not None else Answer(Result.ACCEPTED, incoming.status)

    async def _send(self, step: Step, given: Given) -> Incoming:
        now = self._sender.clock.now() + self._sender.identity.skew_ms
        given = replace(given, values={**given.values, "now": str(now)})
        try:
            return await self._sender.send(render(self._recipe, step, given))
        except (SchemaError, TooLargeError, CouldNotVerifyError) as error:
            # It was sent, and what came back cannot be read: as good as no answer.
            raise ConnectionLostError("no readable answer") from error


def _refusal(incoming: Incoming, recipe: Recipe | None) -> Answer | None:
    """Why an answer is no yes; `recipe` says what the last one must look like."""
    accepted = recipe.answer.status if recipe is not None else answers.OK
    if incoming.status in accepted and _matches(incoming, recipe):
        return None
    reason = answers.error_of(incoming.reason).code if incoming.reason is not None else UNEXPECTED
    return Answer(Result.REFUSED, incoming.status, reason, retry_after_s=incoming.retry_after_s)


def _matches(incoming: Incoming, recipe: Recipe | None) -> bool:
    # 200 may still be a sign-in page or a throttle in disguise: the session has looked.
    wanted = recipe.answer if recipe is not None else None
    if incoming.reason is Incomplete.HTML:
        return wanted is not None and wanted.pointer is None and (wanted.page or not incoming.body)
    if incoming.reason is not None:
        return False
    if wanted is None or wanted.pointer is None:
        return True
    found, value = _pointed(incoming, wanted.pointer)
    return found and type(value) is type(wanted.equals) and value == wanted.equals


def _ticket(place: Ticket | None, incoming: Incoming) -> str | None:
    if place is None:
        return None
    if place.header is not None:
        value: object = incoming.headers.get(place.header)
    else:
        _, value = _pointed(incoming, place.pointer or "")
    text = str(value) if type(value) in (str, int) else ""
    usable = text.isascii() and text.isprintable() and 0 < len(text) <= _LONGEST_TICKET
    return text if usable else None


def _pointed(incoming: Incoming, pointer: str) -> tuple[bool, Any]:
    """What a JSON pointer finds in the answer (RFC 6901)."""
    try:
        value: Any = json.loads(incoming.body or b"")
        for part in pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            value = value[_index(name)] if isinstance(value, list) else value[name]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return False, None
    return True, value


def _index(text: str) -> int:
    """A position in a list as RFC 6901 writes it. Raises KeyError for anything else."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,8}", text):
        raise KeyError
    return int(text)
