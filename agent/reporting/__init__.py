"""What the ledger says, for people and other programs. Reads; writes nothing but its own output."""
