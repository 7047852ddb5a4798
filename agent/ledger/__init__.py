"""The ledger: one account's record, checkable years later by someone who trusts nobody.

    fields       which fields each event carries, and of what kind (pure)
    entry        one line of the file, both ways (pure)
    commitment   what stands for a recording's key (pure)
    tree         the RFC 6962 root over all lines (pure)
    proof        inclusion and consistency proofs (pure)
    note         signed notes and keys, C2SP signed-note (pure)
    checkpoint   the signed head of a tree, C2SP tlog-checkpoint (pure); pasted: found again in any text
    fold         entries to the state of the account (pure); summary: that state as JSON
    queries      questions that need the whole history (pure)
    storage      durable writes, the lock, the reserve: the only place that touches the disk to write
    reading      reading lines forwards and backwards, without the lock
    signing      making the next checkpoint, never one that contradicts the last
    file         the writer: lock, recovery, append (implements `agent.ports.Ledger`)
    restart      a new ledger after one that cannot go on; former: what is still read of that one;
                 aside: its files, step by step
    chain        checking one line after the other (pure)
    verify       the full check, in constant memory; what it found is a `report`
    receipt      a receipt as a file (pure); shown: what it shows to a third party (pure)
    evidence     finding in a ledger what a receipt needs

FORMAT.md is the format for a third party. Left out here: what is written when (`agent.purge`), where keys
come from (`agent.vault`), how a checkpoint leaves the machine (`agent.alerts`).
"""
