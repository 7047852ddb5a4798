"""The account's cookies, in memory only, sent to the account's own three hosts and nowhere else. Pure.

Follows RFC 6265 as far as these hosts need it: domain, host-only, path, expiry.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.alexa.answers import http_date

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e ,\"]{0,4096}")
_MAX_COOKIES = 300


@dataclass(frozen=True, slots=True, repr=False)
class _Cookie:
    value: str
    path: str


class Jar:
    """Cookies of one account. Shows none of them in `repr`."""

    def __init__(self, domain: str, hosts: Iterable[str]) -> None:
        """`domain` is `.amazon.de`; `hosts` are the only ones that get a cookie."""
        self._domain = domain
        self._hosts = frozenset(hosts)
        self._cookies: dict[tuple[str, str], _Cookie] = {}

    def replace(self, cookies: Mapping[str, str]) -> None:
        """Forgets all and keeps these for every host of the account.

        Wrapping quotes are taken off; what could not stand in a header is dropped.
        """
        self._cookies.clear()
        for name, value in cookies.items():
            self._keep(self._domain, name, value, "/")

    def take(self, header: str, host: str, now: int) -> None:
        """Reads one `Set-Cookie` header of `host`; `now` in ms UTC decides what has expired."""
        if host not in self._hosts:
            return
        pair, *rest = header.split(";")
        name, _, value = pair.partition("=")
        attributes = {a.strip().lower(): v.strip() for a, _, v in (part.partition("=") for part in rest)}
        asked = attributes.get("domain", "").lower().lstrip(".")
        if asked and f".{asked}" != self._domain and asked != host:
            return
        domain = self._domain if f".{asked}" == self._domain else host
        if _expired(attributes, now):
            self._cookies.pop((domain, name.strip()), None)
        else:
            self._keep(domain, name.strip(), value.strip(), attributes.get("path") or "/")

    def header(self, host: str, path: str) -> str:
        """The `Cookie` header for a request, "" for none."""
        return "; ".join(f"{name}={value}" for name, value in self._for(host, path).items())

    def value(self, name: str, host: str) -> str | None:
        """The value `host` would get under `name`."""
        return self._for(host, "/").get(name)

    def _for(self, host: str, path: str) -> dict[str, str]:
        if host not in self._hosts:
            return {}
        return {
            name: cookie.value
            for (domain, name), cookie in sorted(self._cookies.items(), key=lambda item: item[0][0] == host)
            if domain in {self._domain, host} and _below(path, cookie.path)
        }

    def _keep(self, domain: str, name: str, value: str, path: str) -> None:
        value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
        room = (domain, name) in self._cookies or len(self._cookies) < _MAX_COOKIES
        if room and _NAME.fullmatch(name) and _VALUE.fullmatch(value):
            self._cookies[domain, name] = _Cookie(value, path if path.startswith("/") else "/")


def _expired(attributes: dict[str, str], now: int) -> bool:
    age = attributes.get("max-age")
    if age is not None and age.lstrip("-").isdigit():
        return age.startswith("-") or not age.strip("0")
    expires = http_date(attributes.get("expires"))
    return expires is not None and expires <= now


def _below(path: str, cookie_path: str) -> bool:
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")
