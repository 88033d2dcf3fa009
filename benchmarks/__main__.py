"""All comparisons in one run: `python -m benchmarks`; `--million` goes up to a million events."""

from __future__ import annotations

from benchmarks import append, latency, rebuild

if __name__ == "__main__":
    # The first two read the same command line.
    append.main()
    rebuild.main()
    latency.main([])
