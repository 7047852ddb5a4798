"""HAR files for tests, put together entry by entry as browsers write them."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

HOST = "www.amazon.de"
CUSTOMER = "A1CANARYCUSTO7"
TOKEN = "gCanaryT0ken+abc/def=AAAAQ1zx8"
COOKIES = (
    ("session-id", "262-7654321-1234567"),
    ("at-acbde", "Atza|CanaryCookieValue12"),
    ("csrf", "-1168781950"),
)
RVH = "/alexa-privacy/apd/rvh/customer-history-records-v2"
RAH = "/alexa-privacy/apd/rah/alexa-history-records-v2"
BASE = 1_790_000_000_000
CLICK = BASE + 9_000_000
TYPES = ("A10A33FOX2NUBK", "A2M35JJZWCQOMZ", "A1RABVCI4QCIKC")


@dataclass(frozen=True)
class Row:
    """One listed recording."""

    at: int
    serial: str = "G070CANARY123456"
    kind: str = TYPES[0]
    said: str = "canary where is my blue umbrella"
    name: str = "Canary Kitchen"
    person: str = "Canaria"
    parts: int = 2
    spoken: int = 1
    customer: str = CUSTOMER

    @property
    def key(self) -> str:
        return f"{self.customer}#{self.at}#{self.kind}#{self.serial}"

    @property
    def items(self) -> list[str]:
        return [f"{self.at}#{self.kind}#{self.serial}#{self.at + n * 2}-{n}" for n in range(self.parts)]

    @property
    def utterances(self) -> list[str]:
        hour = datetime.fromtimestamp(self.at / 1000, UTC)
        return [
            f"{self.kind}:1.0/{hour:%Y/%m/%d/%H}/{self.serial}/{hour:%M:%S}::TNIH_2V.{self.at:032x}ZXV/{n}"
            for n in range(self.spoken)
        ]

    def voice(self) -> dict[str, Any]:
        """As RVH shows it."""
        return {
            "recordKey": self.key,
            "recordType": "VOICE_HISTORY",
            "customerId": self.customer,
            **self._both(),
        }

    def activity(self) -> dict[str, Any]:
        """As RAH shows it."""
        info = {"deviceName": self.name, "deviceSerialNumber": self.serial}
        return {
            "activityKey": self.key,
            "recordType": "utterance",
            "deviceInfo": info,
            "title": self.said,
            **self._both(),
        }

    def _both(self) -> dict[str, Any]:
        items = [
            {
                "recordItemKey": self.items[number] if number < self.parts else None,
                "recordItemType": "CUSTOMER_TRANSCRIPT" if number == 0 else "ALEXA_RESPONSE",
                "utteranceId": self.utterances[min(number, self.spoken - 1)] if self.spoken else None,
                "timestamp": self.at + number * 2,
                "transcriptText": self.said if number == 0 else "",
                "personsInfo": [{"personFirstName": self.person}],
            }
            for number in range(max(self.parts, self.spoken))
        ]
        return {
            "timestamp": self.at,
            "utteranceType": "GENERAL",
            "device": {"deviceName": self.name},
            "voiceHistoryRecordItems": items,
        }


@dataclass
class Har:
    """A capture in the making."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    at: int = BASE + 8_000_000
    host: str = HOST
    writer: str = "WebInspector"
    firefox: bool = False

    def raw(self) -> bytes:
        creator = (
            {"name": "Firefox", "version": "143.0"}
            if self.firefox
            else {"name": self.writer, "version": "537.36"}
        )
        return json.dumps(
            {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": self.entries}}
        ).encode()

    def add(
        self,
        method: str,
        target: str,
        body: str | None = None,
        kind: str = "application/json",
        *,
        headers: Sequence[tuple[str, str]] = (),
        token: bool = True,
        status: int = 200,
        answer: object = None,
        answer_kind: str = "application/json",
        encode: bool = False,
        host: str = "",
        at: int | None = None,
        answer_headers: Sequence[tuple[str, str]] = (),
        **more: Any,  # noqa: ANN401 - members of a HAR entry
    ) -> dict[str, Any]:
        """Adds one exchange and returns its entry."""
        self.at = self.at + 200 if at is None else at
        cookie = "; ".join(f"{name}={value}" for name, value in COOKIES)
        sent = [
            (":authority", host or self.host),
            ("accept", "*/*"),
            ("user-agent", "Mozilla/5.0 (X11) Canary/1"),
            ("sec-fetch-mode", "cors"),
            ("referer", f"https://{HOST}/alexa-privacy/apd/rvh"),
            ("cookie", cookie),
            *((("anti-csrftoken-a2z", TOKEN),) if token else ()),
            *((("content-type", kind),) if body is not None else ()),
            *headers,
        ]
        text = answer if isinstance(answer, str) else "" if answer is None else json.dumps(answer)
        content: dict[str, Any] = {"size": len(text.encode()), "mimeType": answer_kind, "text": text}
        if encode:
            content |= {"text": base64.b64encode(text.encode()).decode(), "encoding": "base64"}
        entry: dict[str, Any] = {
            "startedDateTime": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.at)).isoformat(
                timespec="milliseconds"
            ),
            "time": 50.5,
            "request": {
                "method": method,
                "url": f"https://{host or self.host}{target}",
                "httpVersion": "h2",
                "headers": [{"name": name, "value": value} for name, value in sent],
                "cookies": [{"name": name, "value": value} for name, value in COOKIES],
                "queryString": [],
                "bodySize": len(body.encode()) if body is not None else 0,
            },
            "response": {
                "status": status,
                "headers": [
                    {"name": "content-type", "value": answer_kind},
                    *({"name": n, "value": v} for n, v in answer_headers),
                ],
                "cookies": [],
                "content": content,
            },
            "_resourceType": "fetch",
            **more,
        }
        if body is not None:
            entry["request"]["postData"] = {"mimeType": kind, "text": body}
        self.entries.append(entry)
        return entry

    def page(self) -> None:
        """The privacy page with its token."""
        html = f'<html><head><meta name="csrf-token" content="{TOKEN}"></head></html>'
        self.add(
            "GET", "/alexa-privacy/apd/rvh", token=False, answer=html, answer_kind="text/html; charset=utf-8"
        )

    def listing(
        self,
        rows: Sequence[Row],
        *,
        path: str = RVH,
        start: int = 0,
        end: int = CLICK,
        token: str | None = None,
        **more: Any,  # noqa: ANN401 - as `add`
    ) -> None:
        """A listing and its answer."""
        voice = path == RVH
        name, paging = (
            ("customerHistoryRecords", "encodedRequestToken")
            if voice
            else ("alexaHistoryRecords", "paginationToken")
        )
        answer = {name: [row.voice() if voice else row.activity() for row in rows], paging: token}
        self.add(
            "POST",
            f"{path}?startTime={start}&endTime={end}",
            '{"previousRequestToken":null}',
            "application/json; charset=utf-8",
            answer=answer,
            **more,
        )

    def noise(self, row: Row, count: int = 3) -> None:
        """What a page sends besides: pictures, scripts, beacons with the key, playing the recording."""
        for number in range(count):
            self.add("GET", f"/images/{number}.png", token=False, answer="x", answer_kind="image/png")
            self.add(
                "GET", "/gp/ajax/config?x=1", token=False, answer={"version": "2026.1", "flags": [True, 1.5]}
            )
            self.add(
                "POST",
                "/1/events/com.amazon.csm",
                json.dumps({"k": row.key}),
                token=False,
                host="unagi.amazon.de",
            )
            beacon = json.dumps({"eventType": "delete-click", "recordKey": row.key, "at": self.at})
            self.add(
                "POST", "/alexa-privacy/apd/telemetry/events", beacon, "text/plain;charset=UTF-8", status=204
            )
            uid = quote(row.utterances[0], safe="") if row.spoken else "x"
            self.add(
                "GET",
                f"/alexa-privacy/apd/rvh/audio?uid={uid}",
                token=False,
                answer="RIFF",
                answer_kind="audio/mpeg",
            )
            self.add(
                "GET", f"/alexa-privacy/apd/rvh/is-audio-playable?uid={uid}", answer={"audioPlayable": True}
            )


def rows(count: int, **more: Any) -> list[Row]:  # noqa: ANN401 - fields of Row
    """Distinct recordings, a minute apart, on two devices."""
    made = [
        Row(BASE + 60_000 * number + number, kind=TYPES[number % 2], said=f"canary words number {number}")
        for number in range(count)
    ]
    return [replace(row, **more) for row in made]


def one_deletion(har: Har | None = None, *, count: int = 4, noise: int = 1) -> tuple[Har, list[Row]]:
    """A capture up to the click: page, listing, noise."""
    har = har or Har()
    listed = rows(count)
    har.page()
    har.listing(listed)
    if noise:
        har.noise(listed[0], noise)
    har.at = CLICK
    return har, listed


def form(pairs: Sequence[tuple[str, str]]) -> str:
    """A form as a browser writes it."""
    return urlencode(list(pairs))
