"""Typed calls, results, logs and errors of the contracts; one generated module for each, over the runtime `abi`."""
