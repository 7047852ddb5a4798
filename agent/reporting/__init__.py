"""What the ledger says, for people and other programs.

    moments      times and lengths in words
    service      what the running service says of itself, read back
    status       how one account stands, and the sentence that says so
    figures      the figures of a ledger, in one pass
    chart, days  figures as places in a picture, and as a calendar
    page         the report: one self-contained HTML file (templates/)
    statement    a letter to Amazon; letters is its wording
    metrics      numbers for Prometheus

Left out here: reading ledgers (`agent.ledger`) and putting pages in their places (`agent.publishing`).
"""
