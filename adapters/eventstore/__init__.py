"""The append-only log: `log.open_log` for the ledger, `sqlite` as a persistence module of `eventsourcing`."""
