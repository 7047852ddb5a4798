"""`voicepurge auth check` and `account rename`."""

import asyncio

from agent.auth.check import AuthCheck, check_auth, credentials_found
from agent.auth.rename import rename
from agent.cli import words
from agent.cli.exit_codes import worst
from agent.cli.output import Output
from agent.clock import SystemClock
from agent.errors import NeedsPersonError
from agent.wiring import Installation, install, is_practice, retired

_DAY_MS = 86_400_000


def check(output: Output, account: str | None) -> int:
    """Checks the sign-in of one account or all, and every secret the configuration names.

    Raises:
        UsageError: no such account.
        VaultError: the vault itself cannot be used.
    """
    installation, clock = install(output.config), SystemClock()
    names = [account] if account is not None else list(installation.settings.accounts)
    found = [asyncio.run(check_auth(installation, name, clock)) for name in names]
    secrets, gone = credentials_found(installation), retired(installation)
    if output.json:
        output.document(
            {
                "accounts": [_as_json(each, clock.now()) for each in found],
                "credentials": secrets,
                "retired": [{"account": name, "practice": is_practice(installation, name)} for name in gone],
            }
        )
    else:
        for each in found:
            _print(output, each, clock.now())
        _print_rest(output, installation, secrets, gone)
    problems = [each.problem.exit_code for each in found if each.problem is not None]
    missing = [NeedsPersonError.exit_code for there in secrets.values() if not there]
    return worst([0, *problems, *missing])


def _as_json(found: AuthCheck, now: int) -> dict[str, object]:
    problem = found.problem
    return {
        "account": found.account,
        "practice": found.practice,
        "backend": found.backend,
        "marketplace": found.marketplace,
        "secrets": dict(found.secrets),
        "since": words.iso(found.since) if found.since is not None else None,
        "age_days": _days(found.since, now) if found.since is not None else None,
        "refused_at": words.iso(found.refused_at) if found.refused_at is not None else None,
        "renewed": found.renewed,
        "right_account": found.right_account,
        "error": {"code": problem.code, "message": problem.message, "next": problem.next_step}
        if problem is not None
        else None,
    }


def _print(output: Output, found: AuthCheck, now: int) -> None:
    mark = "[practice] " if found.practice else ""
    there = ", ".join(f"{name}: {'there' if held else 'missing'}" for name, held in found.secrets.items())
    output.data(f"{mark}{found.account}  vault {found.backend}: {there}")
    if found.since is not None:
        age = f"{_days(found.since, now)} days ago, {words.clock_time(found.since)}"
        output.data(f"{mark}{found.account}  signed in to {found.marketplace} {age}")
    if found.refused_at is not None:
        output.data(f"{mark}{found.account}  refused by Amazon since {words.clock_time(found.refused_at)}")
    if found.problem is None:
        output.data(f"{mark}{found.account}  renewal works, the account is the right one")
    else:
        output.data(f"{mark}{found.account}  {found.problem.message}")
        output.say(f"Next: {found.problem.next_step}")


def _print_rest(
    output: Output, installation: Installation, secrets: dict[str, bool], gone: list[str]
) -> None:
    for name, there in secrets.items():
        output.data(f"credential {name}: {'there' if there else 'missing'}")
        if not there:
            output.say(f"Next: `voicepurge secret set {name}`")
    for name in gone:
        mark = "[practice] " if is_practice(installation, name) else ""
        output.data(f"{mark}{name}  retired: it has a ledger but is no longer in the configuration")
        output.say(f"Next: `voicepurge logout {name}`, or put it back into the configuration.")


def _days(since: int, now: int) -> int:
    return max(0, now - since) // _DAY_MS


def rename_account(output: Output, old: str, new: str) -> int:
    """Moves ledger and secrets of an account to a new name.

    Raises:
        UsageError: the new name is taken or is none, or there is nothing to move.
        BusyError: a run of the account is in progress.
    """
    installation = install(output.config)
    rename(installation, old, new, SystemClock())
    if output.json:
        output.document({"account": new, "before": old})
        return 0
    output.data(f"{old} is now {new}: its ledger and its secrets came along.")
    if new not in installation.settings.accounts:
        output.say(f"Next: in {installation.config}, change the name `{old}` under `accounts` to `{new}`.")
    return 0
