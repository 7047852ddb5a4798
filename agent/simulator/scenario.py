"""Every dial of the practice cloud, as data: what deletion really does, and what goes wrong on the way.

A scenario file is a JSON object with the fields of `Dials`; unknown fields and wrong types are refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import UsageError


class Effect(StrEnum):
    """What an accepted deletion does to the recordings it names."""

    HONEST = "honest"  # they go, from both surfaces
    NOTHING = "nothing"  # the answer says yes, nothing happens
    HALF = "half"  # every second one goes
    TEXT_SURVIVES = "text_survives"  # the row and its words stay; audio and utterance ids go
    VOICE_ONLY = "voice_only"  # they go from the voice surface, the activity surface keeps them
    REPLACE_ROW = "replace_row"  # they go, and a new row with the same words stands one ms later
    MOVE_ROW = "move_row"  # they stay, shown under the device named by `move_to`


class Deregistration(StrEnum):
    """Which request makes a device go; public sources disagree."""

    BEARER = "bearer"  # an Authorization header
    ACCESS_HEADER = "access_header"  # `x-amz-access-token` only; a bearer is refused
    IGNORED = "ignored"  # the answer says yes, nothing happens


class Target(StrEnum):
    """Which requests a fault may hit."""

    ANY = "any"  # all but /_practice
    TOKEN = "token"  # noqa: S105 - /auth/token
    COOKIES = "cookies"  # /ap/exchangetoken/cookies
    SIGN_IN = "sign_in"  # the sign-in pages and the landing page
    REGISTER = "register"  # /auth/register
    DEREGISTER = "deregister"  # /auth/deregister
    IDENTITY = "identity"  # /api/users/me
    ENDPOINTS = "endpoints"  # /api/endpoints
    STATUS = "status"  # /api/customer-status
    DEVICES = "devices"  # /api/devices-v2/device
    LANGUAGE = "language"  # the other pages of the Alexa host that set the csrf cookie
    ANTI_CSRF = "anti_csrf"  # both privacy pages and /csrf-token
    VOICE = "voice"  # RVH v2
    ACTIVITY = "activity"  # RAH
    LISTING = "listing"  # both of them
    DELETE = "delete"  # every step of the delete request
    AUDIO = "audio"
    TELEMETRY = "telemetry"  # what the privacy page tells of its buttons
    COMMAND = "command"  # /api/behaviors/preview
    DEAD = "dead"  # paths that are a 404 page anyway


class Kind(StrEnum):
    """What goes wrong. `n`, `ms`, `status` and `retry_after_s` are fields of the fault."""

    # before the request is looked at
    LATENCY = "latency"  # answers `ms` later
    HANG = "hang"  # no answer for `ms` (default: until the client gives up), nothing carried out
    RESET = "reset"  # connection reset, nothing carried out
    THROTTLE_429 = "throttle_429"  # with Retry-After when `retry_after_s` is set
    THROTTLE_200 = "throttle_200"  # {"message":"Rate exceeded"} with 200
    THROTTLE_400 = "throttle_400"  # ThrottlingException
    STATUS = "status"  # any `status`, with a page
    NOT_FOUND = "not_found"  # 404 page
    HTML = "html"  # 200, a page where JSON was promised
    SIGN_IN_PAGE = "sign_in_page"  # 200, the sign-in page itself
    SIGNED_OUT = "signed_out"  # every website session is over from now on
    REVOKED = "revoked"  # and the refresh token is dead as well
    STEP_UP = "step_up"  # 200, "verify it's you"
    STEP_UP_REDIRECT = "step_up_redirect"  # 302 to /ap/mfa/…
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - 400 InvalidToken, as registering answered in June 2026
    FORBIDDEN = "forbidden"  # 403 page
    STALE_CSRF = "stale_csrf"  # every anti-CSRF token given out so far stops working
    FOREIGN_REDIRECT = "foreign_redirect"  # 302 to a host that is not Amazon's
    SPEAK = "speak"  # `n` new recordings are there, spoken `ms` ago
    # one page of a listing
    NULL_LIST = "null_list"
    EMPTY_PAGE = "empty_page"  # no rows but a token that leads to them
    TIME_LIMIT = "time_limit"  # noDataFoundWithinTimeLimit, no rows, no token
    TIME_LIMIT_TOKEN = "time_limit_token"  # noqa: S105 - the same, with a token that leads on
    TOKEN_LOOP = "token_loop"  # noqa: S105 - the token leads back to this same page
    TRAILING_PAGE = "trailing_page"  # the last page has a token to an empty one
    REPEAT_BOUNDARY = "repeat_boundary"  # the page begins with the last row of the page before
    OUTSIDE_WINDOW = "outside_window"  # one row from just outside the window
    # the finished answer
    WRONG_ACCOUNT = "wrong_account"  # somebody else's customer id wherever ours would stand
    TRUNCATE = "truncate"  # half the body, as if whole
    CUT = "cut"  # half the body, then the connection is gone
    RESET_AFTER = "reset_after"  # carried out, then reset without an answer
    HANG_AFTER = "hang_after"  # carried out, then no answer for `ms`
    DEEP = "deep"  # JSON nested `n` deep (default 200)
    HUGE = "huge"  # more than 8 MB (or `n` bytes)
    HUGE_GZIP = "huge_gzip"  # the same, small on the wire
    NO_COOKIES = "no_cookies"  # the cookie exchange answers without cookies


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(_Strict):
    """One thing that goes wrong. Limits combine: all must allow it."""

    kind: Kind
    on: Target = Field(default=Target.LISTING, description="requests it may hit")
    times: int | None = Field(default=None, ge=1, description="happens at most so often; None: for ever")
    skip: int = Field(default=0, ge=0, description="the first so many such requests pass")
    every: int = Field(default=1, ge=1, description="then only every n-th one is hit")
    from_page: int = Field(default=1, ge=1, description="only listing pages from this one on")
    after_delete: bool = Field(
        default=False, description="only once a deletion was accepted under these dials"
    )
    status: int = Field(default=503, ge=200, le=599, description="for `status`")
    ms: int | None = Field(default=None, ge=0, description="for `latency`, `hang`, `speak`")
    n: int | None = Field(default=None, ge=1, description="for `speak`, `deep`, `huge`")
    retry_after_s: int | None = Field(default=None, ge=0, description="for `throttle_429` and `status`")
    device: str | None = Field(default=None, description="for `speak`: name of the device")


class Dials(_Strict):
    """Everything that can be turned. The default is an honest, prompt, quiet service."""

    effect: Effect = Effect.HONEST
    move_to: str = Field(default="Kids room", description="device for `move_row` and `move_kept`")
    over_delete: int = Field(
        default=0,
        ge=0,
        description="so many rows nobody named vanish at the first deletion under these dials",
    )
    over_delete_device: str | None = Field(
        default=None, description="from this device; None: the newest rows"
    )
    move_kept: int = Field(default=0, ge=0, description="so many rows nobody named change to `move_to` then")
    delay_until_gone_ms: int = Field(default=0, ge=0, description="a deletion is visible only after this")
    reappear_after_ms: int | None = Field(
        default=None, ge=0, description="and undone this long after it showed"
    )
    rename_devices: dict[str, str] = Field(default_factory=dict, description="old name: new name")
    rename_after_delete: bool = Field(default=True, description="only once a deletion was accepted")
    clock_skew_ms: int = Field(default=0, description="Amazon's clock minus true time: Date, new rows")
    deletion_by_voice: bool = Field(default=True, description="the opt-in for spoken deletion phrases")
    offline: tuple[str, ...] = Field(default=(), description="names of devices nobody reaches")
    device_zone: str = Field(default="Europe/Berlin", description="time zone of the Echos")
    command_row_after_ms: int = Field(
        default=2000, ge=0, description="when the row of a text command itself shows"
    )
    page_size: int = Field(default=10, ge=1, le=1000, description="rows a page")
    conversations: int = Field(default=0, ge=0, description="rows without a key; counts at the start only")
    csrf_life_ms: int = Field(
        default=86_400_000, ge=1, description="life of an anti-CSRF token (true value unknown)"
    )
    cookie_life_ms: int = Field(default=14 * 86_400_000, ge=1, description="life of website cookies")
    access_token_life_s: int = Field(default=3600, ge=1, description="life of an access token")
    code_life_ms: int = Field(
        default=300_000, ge=1, description="life of an authorization code (about five minutes)"
    )
    rotate_refresh_token: bool = Field(
        default=False, description="each access token comes with a new refresh token; the old one is dead"
    )
    deregistration: Deregistration = Field(default=Deregistration.BEARER, description="what lets a device go")
    require_csrf_header: bool = Field(
        default=False, description="refuse privacy requests without `csrf` header"
    )
    faults: tuple[Fault, ...] = ()

    def changed(self, fields: Mapping[str, object]) -> "Dials":
        """These dials with some fields replaced. Raises UsageError as `dials_from`."""
        return dials_from({**self.model_dump(mode="json"), **fields})


def dials_from(fields: Mapping[str, object]) -> Dials:
    """Dials from plain values, as a JSON file holds them.

    Raises:
        UsageError: unknown fields or wrong values; names each place.
    """
    try:
        return Dials.model_validate(dict(fields))
    except ValidationError as error:
        raise _refused(error) from None


def dials_file(path: Path) -> Dials:
    """Dials from a JSON file.

    Raises:
        UsageError: it cannot be read, or holds something else.
    """
    try:
        return Dials.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"The scenario file cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        raise _refused(error) from None


def _refused(error: ValidationError) -> UsageError:
    problems = [
        f"{'.'.join(str(part) for part in each['loc']) or 'scenario'}: {each['msg']}"
        for each in error.errors()
    ]
    return UsageError("The scenario is not valid: " + "; ".join(problems) + ".")
