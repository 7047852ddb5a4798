"""Why something ended as it did, and what a person can do about it, in words. Pure."""

from collections.abc import Mapping
from typing import Final

from agent.model import Incomplete, Why

_REASONS: Final[Mapping[str, str]] = {
    Why.COLLATERAL: "a recording that had to stay vanished; the method is disabled",
    Why.CONFIRM: "more recordings are due than `confirm_over` allows without a yes",
    Why.KEPT_DEVICE: "a name in `keep_devices` matches no device",
    Why.CLOCK: "the clock of this machine and Amazon's are more than an hour apart",
    Why.NO_METHOD: "there is no deletion method that works",
    Why.NOT_ALLOWED: "every method would also delete something that must stay",
    Why.BACKLOG: "the time limit of a run was reached; the next run goes on",
    Why.PENDING: "not seen gone yet; the next run looks again",
    Why.STILL_VISIBLE: "requested, and still visible",
    Why.TEXT_REMAINS: "the words are still visible",
    Why.NO_KEY: "what remains has no key that a request could name",
    Why.REFUSED: "the request was refused",
    Why.STOPPED: "it was stopped",
    Why.OVERREACH: "the method removed more than it was asked for; it is disabled",
    "echo_offline": "the Echo is offline",
    "no_echo": "the account has no Echo of the name under `phrase`",
    "midnight": "it is too close to midnight to name a day",
    Why.TRIAL: "a method was tried on a single recording; the next run does the rest",
    Incomplete.SIGNED_OUT: "the sign-in is no longer accepted",
    Incomplete.STEP_UP: "Amazon asks for another proof of identity",
    Incomplete.WRONG_ACCOUNT: "the history belongs to another account",
    Incomplete.CSRF_REFUSED: "Amazon refuses every request token of a living session",
    Incomplete.HTML: "Amazon answered with a page instead of data",
    Incomplete.NOT_FOUND: "the history is no longer where it was",
    Incomplete.SCHEMA: "the history has another shape",
    Incomplete.TOO_LARGE: "an answer was larger than any honest one",
    Incomplete.REDIRECTED: "Amazon sent us to a host we do not trust",
    Incomplete.THROTTLED: "Amazon asks us to slow down",
    Incomplete.CONNECTION: "the connection was lost",
    Incomplete.DEADLINE: "it took longer than it may",
    Incomplete.SERVER_ERROR: "Amazon reported an error of its own",
    Incomplete.TRUNCATED: "an answer stopped in the middle",
    Incomplete.TOKEN_LOOP: "the listing turned in a circle",
    Incomplete.EMPTY_PAGES: "the listing had only empty pages and no end",
    Incomplete.NULL_LIST: "the listing had a page without a list",
    Incomplete.SERVER_TIME_LIMIT: "Amazon gave up searching before the end",
}
_NEXT: Final[Mapping[str, str]] = {
    Why.CONFIRM: "Look at it with `run --dry-run`, then `run --confirm`.",
    Why.KEPT_DEVICE: "Correct the name; `voicepurge list` shows the devices.",
    Why.CLOCK: "Set the clock, then run again.",
    Why.COLLATERAL: "If you deleted it yourself, run again; else do not use this method any more.",
    Why.OVERREACH: "See what is left with `voicepurge list`, then teach it anew.",
    Why.NO_METHOD: "Teach one (`voicepurge learn`) or delete by hand on Amazon's page; the next run checks.",
    Incomplete.SIGNED_OUT: "Sign in again: `voicepurge login ACCOUNT`.",
    Incomplete.STEP_UP: "Open the Alexa privacy page in your browser and confirm who you are.",
}

_OF_METHODS: Final[Mapping[str, str]] = {
    Why.COLLATERAL: "something vanished that nobody asked for",
    Why.OVERREACH: "it removed more than it was asked for",
    "removed nothing": "it was answered yes and removed nothing",
    "unheard": "it was said and nothing vanished: deletion by voice is off in the Alexa app, the Echo was "
    "offline, or it did not understand",
    "left the text": "the words stayed visible",
    "out_of_bounds": "it would have left its bounds",
    "unexpected_answer": "the answer was not the one it was taught",
}


def why(reason: str) -> str:
    """A reason in words; an unknown one as it stands."""
    return _REASONS.get(reason, reason.replace("_", " "))


def remedy(reason: str) -> str | None:
    """What to do about it, one sentence; None where nothing but the next run is needed."""
    return _NEXT.get(reason)


def of_method(reason: str) -> str:
    """Why a method failed; a word of refusal in full."""
    return _OF_METHODS.get(reason) or f"the request was refused ({why(reason)})"
