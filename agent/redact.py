"""Takes secrets and private words out of what is about to be written. No I/O; remembers what was registered.

Three nets: keys that name something private lose their value; values registered as secret are found in
any text, also quoted or encoded; what looks like a token, a record key or a query goes wherever it stands.
"""

import json
import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

GONE = "[removed]"
"""What stands where something was."""

_SHORTEST = 4
_MOST_SECRETS = 512
_DEEPEST = 6

_ANYWHERE = (
    "token|cookie|authorization|passw|passphrase|secret|credential|transcript|serial|customer|csrf|apikey|"
    "session|utterance|recordkey|email|bearer"
)
_EXACTLY = (
    "text|texts|name|names|key|keys|code|device|devices|words|address|url|body|headers|query|params|content"
)
_PRIVATE = re.compile(rf"(?:{_ANYWHERE})|^(?:{_EXACTLY})$|[_-](?:text|name|key|keys|url)$")

_LOOKS = (
    re.compile(r"At[a-z]{2}\|[^\s\"'<>\\,;]+"),  # Amazon's tokens: Atnr| refresh, Atna| and Atza| access
    re.compile(r"\bpractice-(?=[\w.|-]{0,200}[0-9])[\w.|-]{8,}"),  # what stands for them in a practice cloud
    re.compile(
        r"(?<![\w.:/-])[\w.:/-]*#[0-9]{12,}(?:#[\w.:-]*)*|\b[0-9]{12,}#[\w.:#-]+"
    ),  # record and item keys
    re.compile(r"(?i)\b(?:bearer|basic) +[\w.~+/=|-]{8,}"),
    re.compile(r"(?i)\b(?:set-)?cookie\s*:[^\r\n]*"),
    re.compile(r"(?<=://)[^/\s@\"']+@"),  # user and password of an address
    re.compile(r"(?<=[\w/])\?(?=[^\s\"'<>=]{0,64}=)[^\s\"'<>]*"),  # the query of an address
)


class _Known:
    """The newest registered values with all their forms, and one pattern for them, made when needed."""

    def __init__(self) -> None:
        self._forms: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        raw = value.encode(errors="surrogatepass")
        quoted = (json.dumps(value)[1:-1], repr(value)[1:-1], quote(raw, safe=""), quote_plus(raw))
        self._forms[value] = (value, *quoted)
        self._forms.move_to_end(value)
        while len(self._forms) > _MOST_SECRETS:
            self._forms.popitem(last=False)
        self._pattern = None

    def forget(self) -> None:
        self._forms.clear()
        self._pattern = None

    def take_out(self, text: str) -> str:
        if not self._forms:
            return text
        pattern = self._pattern
        if pattern is None:
            every = {form for forms in list(self._forms.values()) for form in forms}
            longest_first = sorted(every, key=len, reverse=True)
            pattern = self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        return pattern.sub(GONE, text)


_known = _Known()


def register_secret(value: str) -> None:
    """From now on `value` is removed from every text, as it is, quoted or percent-encoded.

    The last 512 are remembered. Values under 4 characters are ignored: they are in every sentence.
    """
    if len(value) >= _SHORTEST:
        _known.add(value)


def forget_secrets() -> None:
    """Forgets all registered values."""
    _known.forget()


def clean(text: str) -> str:
    """`text` without registered secrets and without what looks like one."""
    text = _known.take_out(text)
    for looks in _LOOKS:
        text = looks.sub(GONE, text)
    return text


def is_private(key: str) -> bool:
    """Whether a value under this key is never written."""
    return _PRIVATE.search(key.lower()) is not None


def clean_value(value: object, depth: int = 0) -> object:
    """A copy of `value` that may be written: plain data only, private keys emptied, texts cleaned."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _clean_inside(value, depth) if depth < _DEEPEST else GONE
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    return clean(str(value) if isinstance(value, str | BaseException) else repr(value))


def _clean_inside(value: Mapping[object, object] | Iterable[object], depth: int) -> object:
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_item(str(key), inside, depth + 1) for key, inside in value.items()}
    return [clean_value(entry, depth + 1) for entry in value]


def clean_item(key: str, value: object, depth: int = 0) -> object:
    """The value under `key` as it may be written; yes, no and nothing are never private."""
    if value is None or isinstance(value, bool) or not is_private(key):
        return clean_value(value, depth)
    return GONE
