"""Requests deletion of a person's own voice recordings and proves what really went.

Start reading here; each room says in its first lines what it leaves out:

    errors      every error, drawn as a tree, each with its exit code and next step
    model       the words: recording, listing, fate, verdict (plain values)
    state       what is remembered between runs, folded from the ledger
    ports       what the core needs from the world (Protocols)
    reasons     why something ended as it did, in words
    policy      pure decisions: what is due, which method may be used, in which portions
    verdict     pure judgements: what became of each recording, how the run ended
    purge       one run over the ports, by way of settling (what earlier runs owe), removal (request and
                wait), sight (look again) and record (what the ledger is told)
    wiring      the only place that builds real adapters from settings; rights: root gives itself up
    trial       a supervised run: one recording, picked by a person
    teach/      methods of an account: kept, tried, told
    viewing     what a verb that only looks needs, without the vault; publishing: pages from ledgers to files
    auth/       signing in and out, and whether a run would get in
    logs        structlog: redaction first (redact, crash, printable), then lines
    settings/   YAML text to settings, or every problem at once as file:line:column
    alexa/      Amazon's side as we rely on it (PROTOCOL.md first)
    methods/    deletion methods as data (recipes), and learning them from a capture
    ledger/     the record that can be checked by someone who trusts nobody (FORMAT.md)
    vault/      where secrets live, behind the keyring API; keys for receipts
    simulator/  the practice cloud, an independent reading of the same protocol
    daemon/     the service: schedule, catch-up, life under systemd
    alerts/     telling somebody, on a change
    reporting/  what the ledger says, for people and other programs
    doctor/     what would fail tonight: each check is a value
    cli/        one file a verb
"""

__version__ = "0.1.0"
