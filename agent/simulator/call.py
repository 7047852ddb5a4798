"""One request as the handlers see it."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from agent.simulator import multipart, paging
from agent.simulator.account import GLOBAL_DOMAIN, MARKETPLACES
from agent.simulator.scenario import Target
from agent.simulator.sessions import Session
from agent.simulator.wire import MULTIPART
from agent.simulator.world import World


@dataclass
class Call:
    """A request that has been read whole. `path` is still percent-encoded, header names are lower-case."""

    world: World
    target: Target
    method: str
    host: str
    path: str
    query_string: str
    headers: dict[str, str]
    body: bytes

    @property
    def domain(self) -> str:
        """Retail domain of the host, such as `amazon.de`."""
        return self.host.partition(".")[2]

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """Query parameters in their order."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """Fields of a form or multipart body in their order."""
        if self.is_type(MULTIPART):
            return multipart.read(self.headers.get("content-type", ""), self.body)
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - whatever the client sent
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def is_type(self, media: str) -> bool:
        """Whether the body is said to be of that media type."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower() == media

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; values as sent, quotes included."""
        pairs = (each.strip().partition("=") for each in self.headers.get("cookie", "").split(";"))
        return {name: value for name, mark, value in pairs if mark}

    @cached_property
    def session(self) -> Session | None:
        """The live session of this host. The Alexa host of amazon.com takes that of any marketplace."""
        anywhere = self.host == f"alexa.{GLOBAL_DOMAIN}"
        suffixes = (
            [MARKETPLACES[self.domain][0]] if not anywhere else [each for each, _ in MARKETPLACES.values()]
        )
        for suffix in suffixes:
            found = self.world.sessions.session(self.cookies.get(f"at-{suffix}", ""), self.world.now())
            if found is not None and (anywhere or found.domain == self.domain):
                return found
        return None

    @cached_property
    def cursor(self) -> paging.Cursor | None:
        """Where a listing request wants to go on; None for the first page or a foreign token."""
        token = self.json.get("previousRequestToken") if isinstance(self.json, dict) else None
        if not isinstance(token, str):
            return None
        return paging.read(token, self.target.value, self.world.sessions.secret)

    @property
    def page(self) -> int:
        """Number of the listing page asked for, from 1."""
        return self.cursor.page if self.cursor is not None else 1
