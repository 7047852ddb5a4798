"""The address a browser ended at after signing in, and the one thing in it that is wanted. Pure.

The landing page is no page at all: it answers 404 by design (audible 0.13.1 `login.py`; aioamazondevices
`cd4acc0`, 2026-08-21), so only its address counts.
"""

from urllib.parse import parse_qs, urlsplit

from agent.alexa.marketplaces import Marketplace, of_host
from agent.errors import UsageError

LANDING = "/ap/maplanding"
LONGEST = 16_384
"""Characters of a pasted address that are looked at; real ones have one to two thousand."""

AGAIN = "Run `voicepurge login ACCOUNT` again and sign in once more."

_COPY = "In the browser, select the whole address of the last page, copy it, and paste it here."
_CODE = "openid.oa2.authorization_code"
_SIGN_IN_PAGES = ("/ap/signin", "/ap/register", "/ap/mfa", "/ap/cvf", "/ap/challenge")
_CODE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_MOST_CODE = 512


def code_in(text: str, marketplace: Marketplace) -> str:
    """The authorization code in the address of the landing page.

    Raises:
        UsageError: it is not that page of this marketplace with exactly one code; says what it is instead.
    """
    text = text.strip()
    if not text:
        raise UsageError("Nothing was pasted.", next_step=_COPY)
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError("That is not an address.", next_step=_COPY)
    try:
        parts = urlsplit(text)
        host, port, path = (parts.hostname or "").rstrip("."), parts.port, parts.path
        values = parse_qs(parts.query, keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise UsageError("That is not an address.", next_step=_COPY) from None
    if parts.scheme != "https" or not host:
        raise UsageError("The address must begin with https://.", next_step=_COPY)
    _require_host(host, marketplace, plain=port in (None, 443) and "@" not in parts.netloc)
    _require_landing(path)
    codes = values.get(_CODE, [])
    if not codes and any(name.startswith(("error", "openid.error")) for name in values):
        raise UsageError("Amazon ended the sign-in with an error instead of a code.", next_step=AGAIN)
    if not codes:
        raise UsageError("The address holds no code: was it copied whole?", next_step=_COPY)
    if len(codes) != 1:
        raise UsageError("The address holds more than one code.", next_step=AGAIN)
    if not 0 < len(codes[0]) <= _MOST_CODE or not _CODE_CHARACTERS.issuperset(codes[0]):
        raise UsageError("The code in the address is damaged: was it copied whole?", next_step=_COPY)
    return codes[0]


def _require_host(host: str, marketplace: Marketplace, *, plain: bool) -> None:
    if host == marketplace.retail_host and plain:
        return
    other = of_host(host)
    if other is not None and other != marketplace and plain:
        raise UsageError(
            f"This is a page of {other.name}, but the configuration says {marketplace.name}.",
            next_step=f"Open the printed address, or set `marketplace: {other.name}` if you live there.",
        )
    raise UsageError(f"The address must be one of {marketplace.retail_host}.", next_step=_COPY)


def _require_landing(path: str) -> None:
    if path.rstrip("/") == LANDING:
        return
    if path.startswith(_SIGN_IN_PAGES):
        raise UsageError(
            "This is still a sign-in page.",
            next_step="Finish signing in, then copy the address of the last page.",
        )
    raise UsageError(f"This is another page: the right address contains {LANDING}.", next_step=_COPY)
