"""Telling somebody, once, when something changed.

    alert        what is told and when (pure)
    journal      the first channel: a line in the log

Left out here: what happened (`agent.ledger`), who runs when (`agent.daemon`).
"""
