"""What is remembered of an account between runs, as plain, frozen values folded from its ledger.

All times are integer milliseconds since the epoch, UTC. Left out here: how entries add up (`ledger.fold`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model import Standing, Verdict, Window


@dataclass(frozen=True, slots=True)
class MethodState:
    """The standing of one method, folded from the ledger.

    `digest` is the SHA-256 of the recipe file; another digest makes it unproven again.
    """

    digest: str
    standing: Standing
    reason: str = ""
    since: int = 0


@dataclass(frozen=True, slots=True)
class OpenVerification:
    """Requests that no complete listing has settled yet, since the run named here.

    `since` is when the newest of them was left; `window` covers all of them.
    """

    run: str
    window: Window
    since: int
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FailingSlot:
    """A slot whose runs so far ended in a way that is worth another try.

    `tries` counts those runs, `last_ended` is when the newest of them ended.
    """

    slot: str
    tries: int
    last_ended: int


@dataclass(frozen=True, slots=True)
class Visible:
    """What the last complete look of a run showed. No name, no serial.

    Attributes:
        at: when the look ended.
        start: from which moment on it looked; what is older was settled before.
        recordings: how many keys were visible.
        texts: how many of them with words.
        due: how many of them had to go.
        oldest: the UTC hour of the oldest as in the ledger, or "".
        surfaces: how many were on each surface, by its name.
        devices: how many came from each device, by a label that stands for its serial; "" is unknown.
        policy: hash of the policy that said what was due.
    """

    at: int
    start: int
    recordings: int
    texts: int
    due: int
    oldest: str
    surfaces: Mapping[str, int]
    devices: Mapping[str, int]
    policy: str = ""


@dataclass(frozen=True, slots=True)
class AccountState:
    """All that is remembered of an account between runs, folded from its ledger.

    Attributes:
        since: when the ledger was begun, or None.
        methods: standing by method name.
        confirmed_policy: hash of the last policy under which a large run was confirmed or not needed.
        verified_through: everything spoken up to here was settled by a complete listing, or None.
        last_full: when the whole history was last listed to the end, or None.
        open: a verification still owed, or None.
        running: a run that started and has no end in the ledger, or None.
        last_run: id of the last ended run, or "".
        last_verdict: its verdict, or None.
        last_reason: its reason, or "".
        last_ended: when it ended, or None.
        clean_since: since when every verdict was `verified` or `nothing_due`, or None.
        last_clean: when the last of these ended, or None.
        runs: how many runs ended with each verdict.
        slot: the newest slot that a verdict settled or that was entered as missed, or "".
        failing: a newer slot whose runs all failed so far, or None.
        missed: how many slots nobody ran; last_missed: the newest of them, or "".
        config: hash of the configuration last applied, or "".
        config_since: when it was applied, or None.
        scheduled_since: when the account's schedule last became another one, or None.
        config_refused: since when an edit is being refused, or None.
        signed_in: when somebody last signed in, or None.
        signed_out: since when nobody is signed in any more, or None.
        visible: what the last complete look showed, or None.
        schedule: hash of the schedule last applied, or "".
        trouble: what is wrong since the last time all was well, or "": `residual`, `unverifiable`, `blocked`
            or `drifted`. Progress (a backlog, a look still owed) and what may pass by itself are none.
        trouble_since: since when, or None.
    """

    since: int | None = None
    methods: Mapping[str, MethodState] = field(default_factory=dict)
    confirmed_policy: str | None = None
    verified_through: int | None = None
    last_full: int | None = None
    open: OpenVerification | None = None
    running: str | None = None
    last_run: str = ""
    last_verdict: Verdict | None = None
    last_reason: str = ""
    last_ended: int | None = None
    clean_since: int | None = None
    last_clean: int | None = None
    runs: Mapping[Verdict, int] = field(default_factory=dict)
    slot: str = ""
    failing: FailingSlot | None = None
    missed: int = 0
    last_missed: str = ""
    config: str = ""
    config_since: int | None = None
    scheduled_since: int | None = None
    config_refused: int | None = None
    signed_in: int | None = None
    signed_out: int | None = None
    visible: Visible | None = None
    schedule: str = ""
    trouble: str = ""
    trouble_since: int | None = None
