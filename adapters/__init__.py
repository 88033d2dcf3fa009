"""The outside of the ledger: event store, read-model store, chains, clock. No rules live here."""
