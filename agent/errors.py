"""Every error this program raises on purpose.

    AgentError
    ├── UsageError          64  the command was called wrongly
    ├── ConfigError         78  the YAML has problems, each with file:line:column
    ├── NoPermissionError   77  a file or directory is not ours to use
    ├── NeedsPersonError     3  someone must act before it can go on
    │   ├── SignedOutError      the stored sign-in no longer works
    │   ├── StepUpError         Amazon asks for another proof of identity
    │   ├── WrongAccountError   the answers belong to another account
    │   ├── LearnError          nothing could be learned from this capture
    │   │   ├── NotACaptureError       64  no HAR file, or too large a one
    │   │   ├── CutCaptureError            the file or an answer in it stops in the middle
    │   │   ├── NoListingError             the history is not in it
    │   │   ├── NoDeletionError            nothing in it deletes a recording
    │   │   ├── SeveralDeletionsError      two requests are as likely; a person must choose
    │   │   ├── FailedDeletionError        it was refused, or the recording was still there
    │   │   ├── OtherAccountError          another account or marketplace
    │   │   ├── OthersDataError            rows of several people
    │   │   ├── UnexplainedError           it holds a value that nobody can explain
    │   │   └── NotRepeatableError         what was learned would not send the same again
    │   ├── VaultError          a secret is missing, locked or damaged
    │   └── LedgerUnwritableError  no room or no right to write: no ledger, no purge
    ├── ServiceChangedError  4  Amazon's side is not what we know
    │   ├── CsrfRefusedError    a live session, yet every anti-CSRF token is refused
    │   ├── GoneError           404 where there was an endpoint
    │   ├── HtmlError           a page where JSON was promised
    │   ├── SchemaError         JSON of another shape
    │   ├── TooLargeError       more than any honest answer holds
    │   └── RedirectedError     sent on to where this account has no business
    ├── CouldNotVerifyError  2  an answer that allows no conclusion
    │   ├── TruncatedError      an answer that stops in the middle
    │   └── ServerFaultError    an error on Amazon's side
    ├── LedgerDamagedError   5  the ledger is not what was written
    └── TryLaterError       75
        ├── ThrottledError      Amazon asks us to slow down
        ├── ConnectionLostError no (whole) answer; the request may have been carried out
        ├── DeadlineError       our own time limit
        ├── StoppedError        somebody asked us to stop
        ├── BusyError           another run of this account is in progress
        └── ChannelError        a message could not be delivered

Messages never carry a secret, a transcript, a name, a serial or a record key.
"""

from typing import ClassVar


class AgentError(Exception):
    """Base of all. `message` says what happened, `next_step` what to do about it."""

    exit_code: ClassVar[int] = 70
    code: ClassVar[str] = "bug"
    retryable: ClassVar[bool] = False
    default_next: ClassVar[str] = "Please report this with the command you ran."

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step if next_step is not None else self.default_next


class UsageError(AgentError):
    """The command was called wrongly."""

    exit_code = 64
    code = "usage"
    default_next = "See `voicepurge --help`."


class ConfigError(AgentError):
    """The configuration has problems; `problems` holds all of them, in file order."""

    exit_code = 78
    code = "config"
    default_next = "Correct the file, then run `voicepurge config check`."

    def __init__(self, message: str, *, problems: tuple[str, ...] = (), next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.problems = problems


class NoPermissionError(AgentError):
    """A file or directory is not ours to read or write."""

    exit_code = 77
    code = "permission"
    default_next = "Run it as the user that owns the state directory, or as root."


class NeedsPersonError(AgentError):
    """Someone must act before it can go on."""

    exit_code = 3
    code = "needs_person"
    default_next = "Run `voicepurge status` to see what is asked of you."


class SignedOutError(NeedsPersonError):
    """The stored sign-in no longer works."""

    code = "signed_out"
    default_next = "Sign in again: `voicepurge login ACCOUNT`."


class StepUpError(NeedsPersonError):
    """Amazon asks for another proof of identity before it shows the history."""

    code = "step_up"
    default_next = "Open the Alexa privacy page in your browser, confirm who you are, then run again."


class WrongAccountError(NeedsPersonError):
    """The answers belong to another account than the stored one."""

    code = "wrong_account"
    default_next = "Sign in with the right account: `voicepurge login ACCOUNT`."


class LearnError(NeedsPersonError):
    """Nothing could be learned from a capture; nothing was stored."""

    code = "learn"
    default_next = "Record again: load the list, delete ONE recording, save the HAR with content."


class NotACaptureError(LearnError):
    """It is no HAR file, or one too large to read."""

    exit_code = 64
    code = "learn_no_har"
    default_next = "Save the network panel of the browser as HAR, with content, and name that file."


class CutCaptureError(LearnError):
    """The file, or an answer in it that was needed, stops in the middle."""

    code = "learn_cut"
    default_next = "Save the HAR again, with content, and wait until the browser has written all of it."


class NoListingError(LearnError):
    """The history is not in the capture, so nothing in it can be recognised."""

    code = "learn_no_listing"
    default_next = "Start recording before the privacy page loads its list, and save the HAR with content."


class NoDeletionError(LearnError):
    """No request in the capture deletes a recording that was listed in it."""

    code = "learn_no_deletion"


class SeveralDeletionsError(LearnError):
    """Several requests are as likely; `candidates` describes them in order, the first is number 1."""

    code = "learn_several"
    default_next = "Say which one it is, or record again and do nothing but delete ONE recording."

    def __init__(self, message: str, *, candidates: tuple[str, ...], next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.candidates = candidates


class FailedDeletionError(LearnError):
    """The deletion was refused, or the recording was still listed afterwards."""

    code = "learn_failed_deletion"
    default_next = "Sign in on the page again, delete ONE recording until it is gone, and record that."


class OtherAccountError(LearnError):
    """The capture belongs to another account or marketplace."""

    code = "learn_other_account"
    default_next = "Record while signed in with the account itself, on its own marketplace."


class OthersDataError(LearnError):
    """The capture shows rows of several accounts."""

    code = "learn_others_data"
    default_next = "Record in a fresh browser profile that is signed in with this account only."


class UnexplainedError(LearnError):
    """A request holds a value that may be secret or personal; `place` says where, never what."""

    code = "learn_unexplained"

    def __init__(self, message: str, *, place: str, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.place = place


class NotRepeatableError(LearnError):
    """What was learned would send something else than what was captured; `place` says where."""

    code = "learn_not_repeatable"

    def __init__(self, message: str, *, place: str, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.place = place


class VaultError(NeedsPersonError):
    """A secret is missing, locked or damaged."""

    code = "vault"
    default_next = "Check the `credentials` section of the configuration."


class LedgerUnwritableError(NeedsPersonError):
    """The ledger cannot be written, so nothing may be requested."""

    code = "ledger_unwritable"
    default_next = "Free some disk space and check the rights of the state directory, then run again."


class ServiceChangedError(AgentError):
    """Amazon's side is not what this version knows."""

    exit_code = 4
    code = "service_changed"
    default_next = "Look for a newer version of voicepurge; your ledger is safe."


class CsrfRefusedError(ServiceChangedError):
    """The session is alive, yet every anti-CSRF token is refused."""

    code = "csrf_refused"


class GoneError(ServiceChangedError):
    """404 where there was an endpoint."""

    code = "not_found"


class HtmlError(ServiceChangedError):
    """A page where JSON was promised."""

    code = "html"


class SchemaError(ServiceChangedError):
    """JSON of another shape, or too deep."""

    code = "schema"


class TooLargeError(ServiceChangedError):
    """More than any honest answer holds; it was not read to the end."""

    code = "too_large"


class RedirectedError(ServiceChangedError):
    """Sent on to where this account has no business; nothing was sent there."""

    code = "redirected"


class CouldNotVerifyError(AgentError):
    """An answer from which nothing can be concluded."""

    exit_code = 2
    code = "could_not_verify"
    retryable = True
    default_next = "Nothing is lost; run again later."


class TruncatedError(CouldNotVerifyError):
    """An answer that stops in the middle."""

    code = "truncated"


class ServerFaultError(CouldNotVerifyError):
    """An error on Amazon's side that says nothing about what was asked."""

    code = "server_error"


class LedgerDamagedError(AgentError):
    """The ledger is not what was written; `place` names where."""

    exit_code = 5
    code = "ledger_damaged"
    default_next = (
        "Keep the files as they are; `voicepurge ledger verify` says where. Then `voicepurge ledger restart "
        "ACCOUNT` puts them aside and begins a new one that names this one."
    )

    def __init__(self, message: str, *, place: str = "", next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.place = place


class TryLaterError(AgentError):
    """It may well work later."""

    exit_code = 75
    code = "try_later"
    retryable = True
    default_next = "Nothing is lost; run again later."


class ThrottledError(TryLaterError):
    """Amazon asks us to slow down; `retry_after_s` is its own wish in seconds, if it had one."""

    code = "throttled"

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, next_step: str | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.retry_after_s = retry_after_s


class ConnectionLostError(TryLaterError):
    """No (whole) answer came. The request may have been carried out all the same."""

    code = "connection"


class DeadlineError(TryLaterError):
    """Our own time limit passed."""

    code = "deadline"


class StoppedError(TryLaterError):
    """Somebody asked us to stop, so nothing more was sent."""

    code = "stopped"


class BusyError(TryLaterError):
    """Another run of this account is in progress."""

    code = "busy"


class ChannelError(TryLaterError):
    """A message could not be delivered; `why` is one of our own words.

    `passes` says whether waiting may help: a wrong address stays wrong.
    """

    code = "channel"
    default_next = "It is tried again; see `voicepurge status`."

    def __init__(
        self, message: str, *, why: str = "", passes: bool = True, next_step: str | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.why, self.passes = why, passes
