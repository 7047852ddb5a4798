"""Telling somebody, once, when something changed.

    alert        what is told and when (pure)

Left out here: what happened (`agent.ledger`), who runs when (`agent.daemon`).
"""
