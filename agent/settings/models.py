"""What a valid configuration holds: names, types, defaults. All values are frozen.

What one value cannot know about another stands in `rules`; both run before anyone sees a `Settings`.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent.model import Policy, Surface
from agent.settings.kinds import (
    AccountName,
    CronLine,
    DeviceName,
    Duration,
    File,
    Loopback,
    Methods,
    Names,
    Reference,
    References,
    TimeOfDay,
    Version,
    Zone,
    no_twins,
)

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Occasion = Literal["residual", "unverifiable", "blocked", "drifted", "missed", "recovered"]
ALL_OCCASIONS: tuple[Occasion, ...] = (
    "residual",
    "unverifiable",
    "blocked",
    "drifted",
    "missed",
    "recovered",
)

_MILLISECOND = timedelta(milliseconds=1)
_USUAL_JITTER = timedelta(minutes=20)


class _Section(BaseModel):
    """One mapping of the file: no unknown key, no silent conversion, no value in an error's text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Schedule(_Section):
    """When to run, in the configured zone. Exactly one of `every`, `at`, `cron`; `days` only with `at`."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [way]} for way in ("every", "at", "cron")]}
    )

    every: Duration | None = Field(
        default=None, description="From local midnight: divides a day, or whole days."
    )
    at: TimeOfDay | None = Field(default=None, description="Once a day at this local time.")
    days: Annotated[tuple[Day, ...], Field(min_length=1), AfterValidator(no_twins)] | None = Field(
        default=None, description="Only on these days; all days without it."
    )
    cron: CronLine | None = Field(default=None, description="Five cron fields.")


class Practice(_Section):
    """Marks an account that talks to a practice cloud on this machine, never to Amazon."""

    url: Loopback
    ca: File = Field(description="The practice cloud's own certificate authority.")

    @property
    def port(self) -> int:
        """Where the practice cloud listens."""
        return int(self.url.rpartition(":")[2])


class Phrase(_Section):
    """How the method `phrase` speaks: the Echo says aloud that it deleted something."""

    device: DeviceName = Field(repr=False, description="Name of the Echo that is spoken to.")


class Verify(_Section):
    """Looking again after a request."""

    recheck: tuple[Duration, ...] = Field(
        default=(timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1)),
        min_length=1,
        max_length=10,
        description="Waits before each further listing, growing.",
    )


class Limits(_Section):
    """How hard Amazon is asked, and for how long."""

    requests_per_second: float = Field(default=2.0, gt=0, le=1000, allow_inf_nan=False)
    concurrency: int = Field(default=4, ge=1, le=64, description="Requests under way at the same time.")
    run_timeout: Duration = Field(
        default=timedelta(hours=2), description="A run stops between slices after this."
    )


def _jitter(before: dict[str, object]) -> timedelta:
    schedule = before.get("schedule")
    every = schedule.every if isinstance(schedule, Schedule) else None
    return min(_USUAL_JITTER, every / 4) if every else _USUAL_JITTER


class Account(_Section):
    """One Amazon account and what shall happen to its recordings."""

    marketplace: str = Field(description="Where the account lives, like amazon.de.")
    keep_for: Duration = Field(description="Delete what is older; 0s means everything.")
    keep_devices: Names = Field(default=(), repr=False, description="Devices whose recordings stay.")
    surfaces: Annotated[
        tuple[Annotated[Surface, Field(strict=False)], ...], Field(min_length=1), AfterValidator(no_twins)
    ] = Field(default=(Surface.VOICE, Surface.ACTIVITY), description="Histories that must be clean.")
    schedule: Schedule = Schedule(every=timedelta(hours=6))
    jitter: Duration = Field(
        default_factory=_jitter,
        description="At most this long after each slot; 20m, or a quarter of `every`.",
    )
    catch_up: Duration = Field(
        default=timedelta(days=3), description="A slot missed for longer is not made up."
    )
    methods: Methods = Field(default=("learned",), description="Ways to delete, in order; [] only watches.")
    phrase: Phrase | None = Field(
        default=None,
        description="Where `methods` names phrase, which is not used without an Echo of your choice.",
    )
    confirm_over: int = Field(
        default=500, ge=0, description="More requests than this need `run --confirm` once."
    )
    practice: Practice | None = None

    _verify: Verify = Verify()
    _limits: Limits = Limits()

    def policy(self) -> Policy:
        """What the core needs to know of this account, with the file's `verify` and `limits`."""
        return Policy(
            keep_for_ms=self.keep_for // _MILLISECOND,
            keep_devices=self.keep_devices,
            surfaces=self.surfaces,
            methods=self.methods,
            confirm_over=self.confirm_over,
            recheck_s=tuple(wait.total_seconds() for wait in self._verify.recheck),
            run_timeout_s=self._limits.run_timeout.total_seconds(),
        )


class Credentials(_Section):
    """Where secrets are kept. Named, never guessed."""

    backend: Literal["systemd", "keyring", "file"] = "file"
    key_file: File | None = Field(default=None, description="Only with `file`: 32 random bytes elsewhere.")


class Notify(_Section):
    """Whom to tell, and of what."""

    when: Annotated[tuple[Occasion, ...], AfterValidator(no_twins)] = ALL_OCCASIONS
    urls: References = ()
    digest: Literal["never", "daily", "weekly"] = Field(
        default="never", description="A short summary besides, at nine in the morning, weekly on Mondays."
    )


class Healthchecks(_Section):
    """A dead man's switch that is pinged at each run."""

    url: Reference


class Metrics(_Section):
    """Numbers for Prometheus."""

    textfile: bool = False


class Report(_Section):
    """A page to read."""

    html: bool = True


class Settings(_Section):
    """A whole, valid configuration. Build it with `agent.settings.parse` or `load` only."""

    version: Version
    timezone: Zone
    accounts: dict[AccountName, Account] = Field(min_length=1)
    verify: Verify = Verify()
    limits: Limits = Limits()
    credentials: Credentials = Credentials()
    notify: Notify = Notify()
    healthchecks: Healthchecks | None = None
    metrics: Metrics = Metrics()
    report: Report = Report()

    def model_post_init(self, _context: object, /) -> None:
        """Lets each account know the parts of its policy that stand at the top of the file."""
        for account in self.accounts.values():
            account._verify = self.verify  # noqa: SLF001 - one file, one configuration
            account._limits = self.limits  # noqa: SLF001 - same
