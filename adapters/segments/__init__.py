"""Exports of the log as files; docs/export-format.md says what stands in them."""
