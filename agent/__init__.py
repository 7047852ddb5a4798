"""Requests deletion of a person's own voice recordings and proves what really went.

Start reading here; each room says in its first lines what it leaves out:

    errors      every error, drawn as a tree, each with its exit code and next step
    model       the words: recording, listing, fate, verdict (plain values)
    ports       what the core needs from the world (Protocols)
    policy      pure decisions: what is due, which method may be used, fates, verdict
    purge       one run over the ports: list, plan, intend, request, list again, judge
    auth/       the life of a sign-in: begun by a person, checked, ended, renamed
    wiring      the only place that builds real adapters from settings
    logs        structlog: redaction first, then lines
    settings/   YAML text to settings, or every problem at once as file:line:column
    alexa/      Amazon's side as we rely on it (PROTOCOL.md first)
    methods/    deletion methods as data (recipes)
    ledger/     the record that can be checked by someone who trusts nobody (FORMAT.md)
    vault/      where secrets live, behind the keyring API
    simulator/  the practice cloud, an independent reading of the same protocol
    cli/        one file a verb
"""

__version__ = "0.1.0"
