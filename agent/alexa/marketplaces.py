"""Amazon's marketplaces as data: which hosts belong to an account, and in which language it signs in.

Sources: alexapy 1.33.0 `const.py` (2026-07), alexa-cookie2 5.0.6, aioamazondevices `cd4acc0`
(2026-08-21; Japanese sign-in since its commit `fffa8ec`, 2026-03-02). See PROTOCOL.md, section "Hosts".
"""

import difflib
from dataclasses import dataclass

from agent.errors import ConfigError

SIGN_IN_HOSTS = frozenset({"www.amazon.com", "api.amazon.com", "alexa.amazon.com"})
"""Hosts every account may be sent to for sign-in and identity, whatever its marketplace."""


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One row of the table.

    Attributes:
        tld: what follows `amazon.`, e.g. `co.uk`.
        language: language at sign-in, e.g. `de_DE`.
        locale: the same as a device or a browser writes it, e.g. `de-DE`.
    """

    tld: str
    language: str

    @property
    def name(self) -> str:
        """As a person writes it: `amazon.de`."""
        return f"amazon.{self.tld}"

    @property
    def cookie_domain(self) -> str:
        """The domain its cookies are set for: `.amazon.de`."""
        return f".amazon.{self.tld}"

    @property
    def retail_host(self) -> str:
        """Serves the history and the privacy page."""
        return f"www.amazon.{self.tld}"

    @property
    def alexa_host(self) -> str:
        """Serves `/api/*`: identity, devices, commands."""
        return f"alexa.amazon.{self.tld}"

    @property
    def history_page(self) -> str:
        """Where the owner sees and deletes recordings by hand. PROTOCOL.md, section "By hand"."""
        return f"https://{self.retail_host}/alexa-privacy/apd/rvh"

    @property
    def settings_page(self) -> str:
        """Where the owner says that recordings shall not be saved. Same source."""
        return f"https://{self.retail_host}/alexa-privacy/apd/myad"

    @property
    def api_host(self) -> str:
        """Exchanges tokens."""
        return f"api.amazon.{self.tld}"

    @property
    def locale(self) -> str:
        """Language and country with a hyphen."""
        return self.language.replace("_", "-")

    def hosts(self) -> frozenset[str]:
        """Every host this account may be connected with. Nothing is ever sent to another."""
        return SIGN_IN_HOSTS | {self.retail_host, self.alexa_host, self.api_host}


_LANGUAGES = {
    "com": "en_US",
    "ca": "en_CA",
    "com.mx": "es_MX",
    "com.br": "pt_BR",
    "co.uk": "en_GB",
    "de": "de_DE",
    "fr": "fr_FR",
    "it": "it_IT",
    "es": "es_ES",
    "in": "en_IN",
    "co.jp": "ja_JP",
    "com.au": "en_AU",
    "co.nz": "en_NZ",  # listed by two clients without a language; this one is inferred
}

MARKETPLACES = {f"amazon.{tld}": Marketplace(tld, language) for tld, language in _LANGUAGES.items()}
"""All rows by their name."""


def find(name: str) -> Marketplace:
    """The row of `amazon.de` and the like.

    Raises:
        ConfigError: there is none; the message proposes the nearest.
    """
    known = MARKETPLACES.get(name.strip().lower())
    if known is not None:
        return known
    near = difflib.get_close_matches(name.strip().lower(), MARKETPLACES, n=1)
    proposal = f"Did you mean {near[0]}?" if near else "Known: " + ", ".join(MARKETPLACES) + "."
    raise ConfigError(f"unknown marketplace {name[:40]!r}", next_step=proposal)


def of_host(text: str) -> Marketplace | None:
    """The row a host or address like `https://www.amazon.de` stands for, None if it is in no row."""
    host = text.strip().lower().removeprefix("https://").rstrip("/")
    return MARKETPLACES.get(host.removeprefix("www."))
