"""Telling somebody, once, when something changed.

    alert        what is told and when (pure)
    journal      the first channel: a line in the log
    notifier     wherever Apprise reaches (extra `notify`)
    ping         a dead man's switch
    sender       one small POST: the only httpx here

Left out here: what happened (`agent.ledger`), who runs when (`agent.daemon`).
"""
