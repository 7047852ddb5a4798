"""A bare HTTPS client for tests of the practice cloud: Amazon's names, one address, one trusted CA."""

import re
import ssl
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from agent.simulator.server import PracticeCloud
from agent.simulator.wire import TICKET, TOKEN, Asking, Named, Template, Values, fill

RVH = "/alexa-privacy/apd/rvh"
VOICE = f"{RVH}/customer-history-records-v2"
ACTIVITY = "/alexa-privacy/apd/rah/alexa-history-records-v2"
FAR = 4_102_444_800_000


class Browser:
    """Signs in and asks; keeps cookies in one header, follows no redirect."""

    def __init__(self, cloud: PracticeCloud) -> None:
        self.cloud = cloud
        self.domain = cloud.marketplace
        context = ssl.create_default_context(cafile=str(cloud.ca))
        self.http = httpx.Client(base_url=cloud.url, verify=context, timeout=20, trust_env=False)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def ask(self, method: str, host: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as httpx
        """One request to a name such as `www` (of the account's domain) or `www.amazon.com`."""
        name = host if "." in host else f"{host}.{self.domain}"
        headers = {"host": name, **more.pop("headers", {})}
        if self.cookies and "cookie" not in headers:
            headers["cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        answer = self.http.request(method, path, headers=headers, extensions={"sni_hostname": name}, **more)
        self.http.cookies.clear()
        return answer

    def exchange(self, domain: str | None = None, **changes: str) -> httpx.Response:
        """Refresh token for website cookies."""
        fields = {
            "app_name": "Amazon Alexa",
            "domain": f".{domain or self.domain}",
            "requested_token_type": "auth_cookies",
            "source_token_type": "refresh_token",
            "source_token": self.cloud.credential,
        }
        return self.ask(
            "POST", f"www.{domain or self.domain}", "/ap/exchangetoken/cookies", data={**fields, **changes}
        )

    def sign_in(self) -> Self:
        """Cookies, the csrf cookie and an anti-CSRF token, as a person's browser would hold them."""
        jar = self.exchange().json()["response"]["tokens"]["cookies"][f".{self.domain}"]
        self.cookies = {each["Name"]: each["Value"].strip('"') for each in jar}
        found = re.search(r"csrf=(-?\d+)", self.ask("GET", "alexa", "/api/language").headers["set-cookie"])
        assert found is not None
        self.cookies["csrf"] = found[1]
        self.renew()
        return self

    def renew(self) -> None:
        """A fresh anti-CSRF token."""
        self.token = self.ask("GET", "www", "/alexa-privacy/apd/csrf-token").text

    def page(
        self,
        path: str = VOICE,
        token: str | None = None,
        start: int = 0,
        end: int = FAR,
        **more: Any,  # noqa: ANN401 - fields of a JSON body
    ) -> httpx.Response:
        """One page of a listing."""
        headers = {"anti-csrftoken-a2z": self.token, "csrf": self.cookies.get("csrf", "")}
        query = urlencode({"startTime": start, "endTime": end})
        return self.ask(
            "POST", "www", f"{path}?{query}", json={"previousRequestToken": token}, headers=headers, **more
        )

    def rows(self, path: str = VOICE, start: int = 0, end: int = FAR) -> list[dict[str, Any]]:
        """Every row of a listing that goes well."""
        found: list[dict[str, Any]] = []
        token = None
        while True:
            answer = self.page(path, token, start, end).json()
            found += answer["customerHistoryRecords" if path == VOICE else "alexaHistoryRecords"]
            token = answer["encodedRequestToken" if path == VOICE else "paginationToken"]
            if not token:
                return found

    def keys(self, path: str = VOICE) -> set[str]:
        """Keys of a listing that goes well."""
        return {key for row in self.rows(path) if (key := row.get("recordKey") or row.get("activityKey"))}

    def send(self, asking: Asking) -> httpx.Response:
        """A delete request, as a shape's template filled it in."""
        return self.ask(
            asking.method, "www", asking.target, headers=dict(asking.headers), content=asking.body
        )

    def delete(self, *keys: str, start: int = 0, end: int = FAR) -> httpx.Response:
        """Asks for a deletion the way this practice cloud wants it; the last step's answer."""
        world = self.cloud.world
        rows = [world.by_key(key) for key in keys]
        named = [
            Named(key, tuple(row.item_keys()), tuple(row.utterance_ids(world.now()))) if row else Named(key)
            for key, row in zip(keys, rows, strict=True)
        ]
        values = Values(named, {TOKEN: self.token, "{start}": start, "{end}": end})
        answer = None
        for template in world.shape.templates:
            answer = self.send(fill(template, values))
            if not answer.is_success:
                break
            if template.ticket:
                values.one[TICKET] = ticket_of(template, answer)
        assert answer is not None
        return answer


def ticket_of(template: Template, answer: httpx.Response) -> str:
    """What the second step needs of the first one's answer."""
    if not template.ticket.startswith("/"):
        return str(answer.headers[template.ticket])
    found: Any = answer.json()
    for name in template.ticket.split("/")[1:]:
        found = found[int(name)] if isinstance(found, list) else found[name]
    return str(found)


Opener = Callable[..., Browser]
"""Starts a practice cloud with these dials and signs in: a fixture of the practice cloud's tests."""
