"""The two anti-forgery systems: where their tokens come from. Pure.

The cookie `csrf` guards the alexa host; `anti-csrftoken-a2z` guards the privacy pages. PROTOCOL.md,
section "Two kinds of CSRF", has the sources.
"""

import re
from html.parser import HTMLParser

from agent.alexa.exchange import Host, Incoming, Outgoing

HEADER = "anti-csrftoken-a2z"
COOKIE = "csrf"

PAGES = (
    Outgoing("GET", "/alexa-privacy/apd/rvh"),
    Outgoing(
        "GET", "/alexa-privacy/apd/activity", (("disableGlobalNav", "true"), ("ref", "activityHistory"))
    ),
    Outgoing("GET", "/alexa-privacy/apd/csrf-token"),
)
"""Where an anti-CSRF token may stand, in this order."""

LADDER = (
    Outgoing("GET", "/api/language", host=Host.ALEXA),
    Outgoing("GET", "/spa/index.html", host=Host.ALEXA),
    Outgoing("GET", "/api/devices-v2/device", (("cached", "false"),), host=Host.ALEXA),
    Outgoing("GET", "/templates/oobe/d-device-pick.handlebars", host=Host.ALEXA),
    Outgoing("GET", "/api/strings", host=Host.ALEXA),
)
"""Requests of which one sets the cookie `csrf`, in this order."""

STATUS = Outgoing("GET", "/api/customer-status", host=Host.ALEXA)
"""Tells a living session from a dead one: 401 and 403 are dead. Its body says nothing reliable."""

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


def token_in(answer: Incoming) -> str | None:
    """The token in the meta tag of a page, or as the whole of a plain text. None if there is none."""
    text = (answer.body or b"").decode("utf-8", "replace").strip()
    if text.startswith(("<", "\ufeff<")):
        finder = _Meta()
        finder.feed(text)
        text = finder.token
    return text if _TOKEN.fullmatch(text) and not text.startswith("{") else None


class _Meta(HTMLParser):
    """Finds `<meta name="csrf-token" content="…">`, attributes in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "meta" and names.get("name") == "csrf-token" and not self.token:
            self.token = (names.get("content") or "").strip()
