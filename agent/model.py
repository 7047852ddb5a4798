"""The words of the domain as plain, frozen values. No rule, no I/O, no clock.

All times are integer milliseconds since the epoch, UTC, unless a name ends in `_s` (seconds).
A `Recording` never shows its key, device or text in `repr`: what a person said stays theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

NO_KEY = "nokey:"
"""Prefix of the made-up key of a row that came without one: it can be watched, not deleted."""


class Surface(StrEnum):
    """A place where Amazon shows recordings to their owner."""

    VOICE = "voice"
    ACTIVITY = "activity"


class Event(StrEnum):
    """Every kind of ledger entry there is."""

    LEDGER_CREATED = "ledger_created"
    CONFIG_APPLIED = "config_applied"
    CONFIG_REFUSED = "config_refused"
    RUN_STARTED = "run_started"
    LISTED = "listed"
    DELETION_INTENDED = "deletion_intended"
    DELETION_ANSWERED = "deletion_answered"
    RELISTED = "relisted"
    RUN_ENDED = "run_ended"
    RECOVERED = "recovered"
    SLOT_MISSED = "slot_missed"
    METHOD_CHANGED = "method_changed"
    REAPPEARED = "reappeared"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    CHECKPOINTED = "checkpointed"


class Incomplete(StrEnum):
    """Why a listing did not reach its end. Each is told apart from all others."""

    SIGNED_OUT = "signed_out"
    STEP_UP = "step_up"
    WRONG_ACCOUNT = "wrong_account"
    CSRF_REFUSED = "csrf_refused"
    HTML = "html"
    NOT_FOUND = "not_found"
    SCHEMA = "schema"
    TOO_LARGE = "too_large"
    REDIRECTED = "redirected"
    THROTTLED = "throttled"
    CONNECTION = "connection"
    DEADLINE = "deadline"
    SERVER_ERROR = "server_error"
    TRUNCATED = "truncated"
    TOKEN_LOOP = "token_loop"  # noqa: S105 - a paging token, no secret
    EMPTY_PAGES = "empty_pages"
    NULL_LIST = "null_list"
    SERVER_TIME_LIMIT = "server_time_limit"


class Fate(StrEnum):
    """What became of one recording, seen by a second complete listing."""

    GONE = "gone"
    TEXT_REMAINS = "text_remains"
    STILL_VISIBLE = "still_visible"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """How one run ended."""

    VERIFIED = "verified"
    NOTHING_DUE = "nothing_due"
    RESIDUAL = "residual"
    WATCH_ONLY = "watch_only"
    BLOCKED = "blocked"
    DRIFTED = "drifted"
    THROTTLED = "throttled"
    INTERRUPTED = "interrupted"
    UNVERIFIABLE = "unverifiable"


class Why(StrEnum):
    """Why a verdict is what it is, where the reason is not an `Incomplete` or an error's code."""

    COLLATERAL = "collateral"
    CONFIRM = "confirm"
    KEPT_DEVICE = "kept_device"
    CLOCK = "clock"
    NO_METHOD = "no_method"
    NOT_ALLOWED = "not_allowed"
    BACKLOG = "backlog"
    PENDING = "pending"
    STILL_VISIBLE = "still_visible"
    TEXT_REMAINS = "text_remains"
    NO_KEY = "no_key"
    REFUSED = "refused"
    STOPPED = "stopped"
    OVERREACH = "overreach"
    TRIAL = "trial"


class Standing(StrEnum):
    """What is known of a deletion method for one account."""

    UNPROVEN = "unproven"
    PROVEN = "proven"
    FAILED = "failed"


class Scope(StrEnum):
    """What one request of a method would delete."""

    RECORDS = "records"
    RANGE = "range"
    DAY = "day"
    EVERYTHING = "everything"


class Result(StrEnum):
    """How a deletion request was answered. None of them says anything about what is gone."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Window:
    """A closed time window: both ends belong to it."""

    start: int
    end: int

    def __contains__(self, at: int) -> bool:
        return self.start <= at <= self.end


@dataclass(frozen=True, slots=True, repr=False)
class Device:
    """A device of the account. `name` and `serial` are private to the person."""

    serial: str
    type: str
    name: str = ""
    family: str = ""
    online: bool = False

    def __repr__(self) -> str:
        return "Device(…)"


@dataclass(frozen=True, slots=True, repr=False)
class Recording:
    """One key of the voice history, as one listing shows it on one or more surfaces.

    Attributes:
        key: Amazon's record key, or `nokey:` and a hash of type and time.
        spoken_at: when it was said, by Amazon's clock.
        surfaces: where it is visible.
        serials: serials of every device it was seen with; empty when unknown.
        device_type: Amazon's device type, or "".
        kind: Amazon's type of utterance, an open set; may be "".
        customer_id: the account's id as the key carries it, or "".
        text_digest: short keyed digest of the visible text, None without text. Lives in memory only.
        audio: whether audio is offered for it.
        item_keys: keys of its parts, only in a listing made with `items`.
        utterance_ids: ids of its audio, only in a listing made with `items`.
        text: the words, only in a listing made with `text`.
    """

    key: str
    spoken_at: int
    surfaces: frozenset[Surface]
    serials: tuple[str, ...] = ()
    device_type: str = ""
    kind: str = ""
    customer_id: str = ""
    text_digest: bytes | None = None
    audio: bool = False
    item_keys: tuple[str, ...] = ()
    utterance_ids: tuple[str, ...] = ()
    text: str | None = None

    def __repr__(self) -> str:
        return f"Recording(at={self.spoken_at})"

    @property
    def has_text(self) -> bool:
        """Whether any words are visible."""
        return self.text_digest is not None

    @property
    def deletable(self) -> bool:
        """Whether it has a key that a request could name."""
        return not self.key.startswith(NO_KEY)


@dataclass(frozen=True, slots=True)
class SurfaceEnd:
    """How the listing of one surface ended. `reason` is None exactly when it is complete."""

    reason: Incomplete | None
    pages: int = 0
    rows: int = 0
    retry_after_s: float | None = None

    @property
    def complete(self) -> bool:
        """Whether the last page was reached and believed."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class Listing:
    """All recordings of one account in a closed window, and how it ended on each surface.

    `at` is the server's time when the listing ended; `took_s` how long it took.
    """

    window: Window
    recordings: Mapping[str, Recording]
    ends: Mapping[Surface, SurfaceEnd]
    at: int
    took_s: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every asked surface was listed to its end. A listing of nothing is not complete."""
        return bool(self.ends) and all(end.complete for end in self.ends.values())

    @property
    def pages(self) -> int:
        """Pages read, over all surfaces."""
        return sum(end.pages for end in self.ends.values())


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who the session belongs to, and by how much Amazon's clock is ahead of ours."""

    customer_id: str
    retail_domain: str
    skew_ms: int = 0

    def __repr__(self) -> str:
        return "Identity(…)"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one account's configuration asks for.

    Attributes:
        keep_for_ms: recordings younger than this stay.
        keep_devices: names as the person wrote them.
        surfaces: surfaces that must be clean.
        methods: names in order; `learned` stands for every recipe of the account; empty: watch only.
        confirm_over: more requests than this need a person's yes, the first time and after a change.
        recheck_s: waits after a request before each further listing, in seconds, ascending.
        run_timeout_s: a run stops between slices after this, in seconds.
        retry_failed_ms: a failed method is tried again after this.
    """

    keep_for_ms: int
    keep_devices: tuple[str, ...] = ()
    surfaces: tuple[Surface, ...] = (Surface.VOICE, Surface.ACTIVITY)
    methods: tuple[str, ...] = ("learned",)
    confirm_over: int = 500
    recheck_s: tuple[float, ...] = (30.0, 300.0, 3600.0)
    run_timeout_s: float = 7200.0
    retry_failed_ms: int = 7 * 86_400_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one deletion request. `reason` is one of our own words, never Amazon's text."""

    result: Result
    status: int | None = None
    reason: str = ""
    took_ms: int = 0
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of one run, in recordings (keys)."""

    listed: int = 0
    due: int = 0
    requested: int = 0
    gone: int = 0
    text_remains: int = 0
    still_visible: int = 0
    unknown: int = 0
    collateral: int = 0
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """Size and root of a ledger: what a checkpoint signs."""

    size: int
    root: str
