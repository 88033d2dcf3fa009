"""What concerns a ledger in a file, in one run: `python -m benchmarks`; `--million` goes up to a million events."""

from __future__ import annotations

from benchmarks import append, latency, proofs, rebuild, replay

if __name__ == "__main__":
    # All but the last read the same command line.
    append.main()
    replay.main()
    rebuild.main()
    proofs.main()
    latency.main([])
