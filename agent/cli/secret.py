"""`voicepurge secret set/list/remove`: what `{credential:NAME}` in the configuration stands for."""

from agent.cli.hidden import read_all
from agent.cli.output import Output
from agent.errors import UsageError, VaultError
from agent.logs import register_secret
from agent.vault import credential_name
from agent.wiring import Installation, install

_PREFIX = "credential:"


def set_secret(output: Output, name: str) -> int:
    """Stores a value from the terminal (not shown) or standard input; says so after reading it back.

    Raises:
        UsageError: no such name is possible, or nothing came.
        VaultError: it is not stored.
    """
    full = _full(name)
    installation = install(output.config)
    value = read_all(f"Secret {name}")
    register_secret(value)
    installation.vault.set(full, value)
    if output.json:
        output.document({"secret": name, "stored": True, "used": name in used(installation)})
        return 0
    output.data(f"{name}: stored.")
    if name not in used(installation):
        output.say(f'The configuration does not use it yet: write "{{credential:{name}}}" where it belongs.')
    return 0


def list_secrets(output: Output) -> int:
    """Names only: what is stored, and what the configuration asks for.

    Raises:
        VaultError: the vault cannot be read.
    """
    installation = install(output.config)
    full = [name for name in installation.vault.names() if name.startswith(_PREFIX)]
    stored = {name.removeprefix(_PREFIX) for name in full}
    wanted = used(installation)
    rows = [(name, name in stored, name in wanted) for name in sorted(stored | wanted)]
    if output.json:
        output.document({"secrets": [{"secret": n, "stored": s, "used": u} for n, s, u in rows]})
        return 0
    for name, is_stored, is_used in rows:
        remark = "" if is_used and is_stored else "  not used" if is_stored else "  MISSING"
        output.data(f"{name}{remark}")
    if wanted - stored:
        output.say("Next: store what is missing with `voicepurge secret set NAME`.")
    return 0


def remove_secret(output: Output, name: str) -> int:
    """Forgets a value.

    Raises:
        UsageError: there is none of that name.
        VaultError: it is still there.
    """
    full = _full(name)
    installation = install(output.config)
    if installation.vault.get(full) is None:
        raise UsageError(f"There is no secret {name}.", next_step="See `voicepurge secret list`.")
    installation.vault.remove(full)
    if output.json:
        output.document({"secret": name, "stored": False, "used": name in used(installation)})
    else:
        output.data(f"{name}: removed.")
    return 0


def used(installation: Installation) -> set[str]:
    """Names the configuration refers to."""
    settings = installation.settings
    references = [*settings.notify.urls, *([settings.healthchecks.url] if settings.healthchecks else [])]
    return {credential_name(reference).removeprefix(_PREFIX) for reference in references}


def _full(name: str) -> str:
    try:
        return credential_name(f"{{credential:{name}}}")
    except VaultError:
        next_step = "a-z first, then a-z, 0-9 and -, at most 64 characters."
        raise UsageError("This is no name for a secret.", next_step=next_step) from None
