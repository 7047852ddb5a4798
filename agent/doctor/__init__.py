"""What would fail tonight: each check is a value, and nothing is repaired.

    finding   one result of one check, and its words (pure)
    machine   time service, disk, systemd: facts, and judgements over them
    network   the account's own hosts and their clock
    secrets   the vault's key in backups, secrets the configuration names
    service   the unit, the running service and what it says of the configuration
    account   sign-in, ledger, methods and next slot of one account
    examine   all of them in order

"Could not look" is `unknown` and never `ok`. Left out here: what happened so far (`status`), repairing.
"""
