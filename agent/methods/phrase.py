"""The spoken deletion phrase, sent as text to an Echo: `agent.ports.DeletionMethod` of scope `day`.

It deletes what was said on a local day, and the Echo says so aloud. The answer says only that the command was
taken; whether the Echo heard it, understood it and may delete is seen by listing again. Sources of the
request: PROTOCOL.md, section "Text commands".
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agent.alexa import answers
from agent.alexa.exchange import Host, Incoming, Outgoing
from agent.errors import (
    AgentError,
    ConnectionLostError,
    CouldNotVerifyError,
    DeadlineError,
    SchemaError,
    ThrottledError,
    TooLargeError,
)
from agent.methods.phrases import Phrases
from agent.methods.recipe_method import Sender
from agent.model import Answer, Device, Incomplete, Recording, Result, Scope, Window

PHRASE = "phrase"
"""Its name in the configuration."""

MARGIN_MS = 300_000
"""So close to midnight nobody can tell which day the Echo will take "today" for."""

_SKILL = "amzn1.ask.1p.tellalexa"
_GROUP = "WHA"  # several speakers under one name: it has no microphone


@dataclass(frozen=True, slots=True)
class Voice:
    """How to speak: to which Echo (its name), in which language and time zone, and with which words."""

    device: str
    locale: str
    zone: ZoneInfo
    phrases: Phrases


class PhraseMethod:
    """Implements `agent.ports.DeletionMethod`. `devices` lists those of the account."""

    name = PHRASE
    scope = Scope.DAY
    batch = 1
    needs_items = False

    def __init__(
        self, voice: Voice, sender: Sender, devices: Callable[[], Awaitable[Sequence[Device]]]
    ) -> None:
        self._voice, self._sender, self._devices = voice, sender, devices

    @property
    def digest(self) -> str:
        """SHA-256 of what is said, and in which language; the name of the Echo is private."""
        return digest_of(self._voice.locale, self._voice.phrases)

    def days(self, now: int) -> Sequence[Window]:
        """Yesterday, where a phrase is known, and today so far; none close to midnight."""
        zone = self._voice.zone
        today = datetime.fromtimestamp(now / 1000, zone).date()
        begins, ends = (_midnight(today + timedelta(days=shift), zone) for shift in (0, 1))
        if now - begins < MARGIN_MS or ends - now < MARGIN_MS:
            return ()
        before = Window(_midnight(today - timedelta(days=1), zone), begins - 1)
        known = (before,) if self._voice.phrases.yesterday is not None else ()
        return (*known, Window(begins, now))

    async def request(self, recordings: Sequence[Recording], window: Window) -> Answer:  # noqa: ARG002 - a day is all it can name
        """Says the phrase for the day that begins with `window`, once; see the port."""
        began = self._sender.clock.monotonic()
        answer = await self._say(window)
        took = round((self._sender.clock.monotonic() - began) * 1000)
        return Answer(answer.result, answer.status, answer.reason, took, answer.retry_after_s)

    async def _say(self, window: Window) -> Answer:
        try:
            command = await self._prepared(window)
        except AgentError as error:
            return _refused(error)
        if not isinstance(command, Outgoing):
            return Answer(Result.REFUSED, reason=command)
        try:
            return _answer(await self._sender.send(command))
        except (ConnectionLostError, DeadlineError) as error:
            return Answer(Result.UNKNOWN, reason=error.code)
        except (SchemaError, TooLargeError, CouldNotVerifyError):
            return Answer(Result.UNKNOWN, reason=ConnectionLostError.code)  # it was sent
        except AgentError as error:
            return _refused(error)

    async def _prepared(self, window: Window) -> Outgoing | str:
        """The request, or the word for why there is nobody to speak to or nothing to say."""
        echo = _chosen(await self._devices(), self._voice.device)
        if echo is None or not echo.online:
            return "no_echo" if echo is None else "echo_offline"
        words = self._words(window)
        if words is None:
            return "midnight"
        return _command(words, echo, self._voice.locale, self._sender.identity.customer_id)

    def _words(self, window: Window) -> str | None:
        """What to say now for that day; None when it is no longer one that can be named."""
        now = self._sender.clock.now() + self._sender.identity.skew_ms
        days = self.days(now)
        if days and window.start == days[-1].start:
            return self._voice.phrases.today
        return self._voice.phrases.yesterday if days and window == days[0] else None


def digest_of(locale: str, phrases: Phrases) -> str:
    """Hex SHA-256 of what is said: other words are another method."""
    said = [locale, phrases.today, phrases.yesterday]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time.min, zone).timestamp() * 1000)


def _chosen(devices: Sequence[Device], name: str) -> Device | None:
    """The device of that name that has ears; one that is online where there are several."""
    wanted = name.strip().casefold()
    named = [
        each for each in devices if each.name.strip().casefold() == wanted and each.family.upper() != _GROUP
    ]
    return max(named, key=lambda each: each.online, default=None)


def _command(words: str, echo: Device, locale: str, customer_id: str) -> Outgoing:
    sequence = {
        "@type": "com.amazon.alexa.behaviors.model.Sequence",
        "startNode": {
            "@type": "com.amazon.alexa.behaviors.model.OpaquePayloadOperationNode",
            "type": "Alexa.TextCommand",
            "skillId": _SKILL,
            "operationPayload": {
                "deviceType": echo.type,
                "deviceSerialNumber": echo.serial,
                "locale": locale,
                "customerId": customer_id,
                "text": words.lower(),
            },
        },
    }
    body = {"behaviorId": "PREVIEW", "sequenceJson": _dump(sequence), "status": "ENABLED"}
    return Outgoing(
        "POST",
        "/api/behaviors/preview",
        body=_dump(body).encode(),
        content_type="application/json; charset=utf-8",
        host=Host.ALEXA,
    )


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _answer(incoming: Incoming) -> Answer:
    """An empty body with 2xx is a yes, whatever it is called."""
    empty = incoming.reason is Incomplete.HTML and not incoming.body
    if incoming.status in answers.OK and (incoming.reason is None or empty):
        return Answer(Result.ACCEPTED, incoming.status)
    error = answers.error_of(incoming.reason or Incomplete.SCHEMA)
    return Answer(Result.REFUSED, incoming.status, error.code, retry_after_s=incoming.retry_after_s)


def _refused(error: AgentError) -> Answer:
    pause = error.retry_after_s if isinstance(error, ThrottledError) else None
    return Answer(Result.REFUSED, reason=error.code, retry_after_s=pause)
