"""What the core needs from the world, as Protocols. Adapters live in the rooms above.

An adapter may meet any foreign exception; what leaves it is a value or one of `agent.errors`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from agent.model import Answer, Device, Event, Head, Identity, Listing, Recording, Scope, Surface, Window
from agent.state import AccountState


class Clock(Protocol):
    """Time. The wall clock may jump; the monotonic one may not."""

    def now(self) -> int:
        """Wall clock in ms UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only grow, from an arbitrary start."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Returns after `seconds` of this clock."""
        ...


class Progress(Protocol):
    """Somebody who watches a run. Must never fail and never sees a key, a name or a word."""

    def stage(
        self, what: str, *, done: int = 0, total: int | None = None, left_s: float | None = None
    ) -> None:
        """`what`: listing, requesting, waiting, looking again. Counts are recordings, `left_s` seconds."""
        ...

    def say(self, line: str) -> None:
        """One plain sentence for the person."""
        ...


class VoiceHistory(Protocol):
    """The account's history as Amazon shows it."""

    async def identify(self) -> Identity:
        """Signs in with what is stored and asks whose session it is.

        Raises:
            NeedsPersonError: signed out, step-up, or another account than the stored one.
            ServiceChangedError: the answers have another shape.
            TryLaterError: throttled or no connection.
        """
        ...

    async def devices(self) -> Sequence[Device]:
        """All devices of the account. Raises as `identify`."""
        ...

    async def listing(
        self,
        window: Window,
        surfaces: Sequence[Surface],
        *,
        items: bool = False,
        text: bool = False,
        progress: Progress,
    ) -> Listing:
        """Lists every asked surface to its last page.

        Never raises for what Amazon does: a listing that could not be finished says so in `ends`.
        `items` keeps item keys and utterance ids, `text` keeps the words; both cost memory.
        """
        ...

    async def without_audio(self, recordings: Sequence[Recording]) -> frozenset[str]:
        """Keys of those (at most 20 are looked at) whose audio is certainly no longer served.

        "Could not look" leaves a key out.
        """
        ...


class DeletionMethod(Protocol):
    """A way to request deletion."""

    @property
    def name(self) -> str:
        """Name as in the configuration, for a recipe `recipe:NAME`."""
        ...

    @property
    def digest(self) -> str:
        """Hex SHA-256 of what defines the method; changes when the method does."""
        ...

    @property
    def scope(self) -> Scope:
        """What one request would delete."""
        ...

    @property
    def batch(self) -> int:
        """The most recordings one request names (1 to 100); no meaning outside scope `records`."""
        ...

    @property
    def needs_items(self) -> bool:
        """Whether it needs recordings from a listing made with `items`."""
        ...

    def days(self, now: int) -> Sequence[Window]:
        """For scope `day`: the only ranges a request sent at `now` (ms UTC) could cover, oldest first.

        One that ends at `now` also takes what is spoken until the request is carried out.
        """
        ...

    async def request(self, recordings: Sequence[Recording], window: Window) -> Answer:
        """Sends one deletion request, once. Never repeats it by itself.

        Args:
            recordings: what must go; for scope `records` exactly what is named.
            window: closed time range the request may cover; used by the scopes `range` and `day`.

        Returns:
            What was answered. A lost connection or a time-out is `Result.UNKNOWN`.
            An answer that says "sign in" or "slow down" is `REFUSED` with its reason.
        """
        ...


class Ledger(Protocol):
    """The record of one account. Whoever holds one holds the account's lock."""

    def append(self, event: Event, fields: Mapping[str, object], *, run: str | None = None) -> None:
        """Writes one entry and returns once it is on disk.

        Raises:
            LedgerUnwritableError: it is not on disk. The caller must not act.
        """
        ...

    def state(self) -> AccountState:
        """What the entries so far add up to."""
        ...

    def commit(self, key: str) -> str:
        """The commitment (64 hex digits) that stands for a recording key in the ledger."""
        ...

    def unsettled(self, run: str) -> frozenset[str]:
        """Commitments that this run or a later one intended to delete and no listing has since seen gone."""
        ...

    def known_gone(self, commitments: Iterable[str]) -> frozenset[str]:
        """Those of `commitments` that an earlier listing saw gone."""
        ...

    def require_room(self) -> None:
        """Makes sure a whole slice fits on disk.

        Raises:
            LedgerUnwritableError: it does not.
        """
        ...

    def checkpoint(self) -> Head:
        """Signs the present head and keeps it. Returns it."""
        ...


class DeviceMemory(Protocol):
    """Remembers which serials a kept device's name stood for, so that renaming it frees nothing."""

    def recall(self) -> Mapping[str, Sequence[str]]:
        """Serials by the name in the configuration. Raises VaultError."""
        ...

    def remember(self, kept: Mapping[str, Sequence[str]]) -> None:
        """Stores before it returns. Raises VaultError."""
        ...


class Vault(Protocol):
    """Where secrets live. Names are `account/thing`."""

    def get(self, name: str) -> str | None:
        """The secret, or None where there is none. Raises VaultError when it cannot be read."""
        ...

    def set(self, name: str, secret: str) -> None:
        """Stores and reads back. Raises VaultError when what comes back is not what went in."""
        ...

    def remove(self, name: str) -> None:
        """Forgets; nothing happens where there is none."""
        ...

    def names(self) -> Iterator[str]:
        """Names of all secrets, sorted."""
        ...
