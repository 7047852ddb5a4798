"""Somebody signs in, lists and deletes in the practice page's own way while all is recorded as HAR."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx

from agent.simulator.server import PracticeCloud
from tests.support.practice_client import ACTIVITY, VOICE, Browser


class Recorder(Browser):
    """As `Browser`; everything asked of the retail host goes into `har` once it is signed in."""

    def __init__(self, cloud: PracticeCloud) -> None:
        super().__init__(cloud)
        self.entries: list[dict[str, Any]] = []
        self.recording = False

    def ask(self, method: str, host: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx
        answer = super().ask(method, host, path, **more)
        if self.recording:
            self.entries.append(_entry(answer))
        return answer

    def record(self, *keys: str, surface: str = "voice") -> bytes:
        """Opens the page, loads the list, deletes those recordings, lists again; the HAR of it."""
        self.recording = True
        page = "/alexa-privacy/apd/rvh" if surface == "voice" else "/alexa-privacy/apd/activity"
        self.ask("GET", "www", page)
        listing = VOICE if surface == "voice" else ACTIVITY
        self.rows(listing)
        if keys:
            assert self.delete(*keys).status_code == httpx.codes.OK
        self.rows(listing)
        return self.har()

    def har(self) -> bytes:
        """All that was recorded."""
        creator = {"name": "WebInspector", "version": "537.36"}
        log = {"version": "1.2", "creator": creator, "pages": [], "entries": self.entries}
        return json.dumps({"log": log}).encode()


def _entry(answer: httpx.Response) -> dict[str, Any]:
    request = answer.request
    url = f"https://{request.headers['host']}{request.url.raw_path.decode()}"
    body = request.content
    kind = request.headers.get("content-type", "")
    posted = {"postData": {"mimeType": kind, "text": body.decode()}} if body else {}
    return {
        "startedDateTime": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": 12,
        "request": {
            "method": request.method,
            "url": url,
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in request.headers.items()],
            "queryString": [{"name": n, "value": v} for n, v in request.url.params.multi_items()],
            "cookies": [],
            "headersSize": -1,
            "bodySize": len(body),
            **posted,
        },
        "response": {
            "status": answer.status_code,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in answer.headers.items()],
            "cookies": [],
            "content": {
                "size": len(answer.content),
                "mimeType": answer.headers.get("content-type", ""),
                "text": answer.text,
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(answer.content),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 12, "receive": 0},
    }
