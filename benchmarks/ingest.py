"""From a node to queryable rows: run with `python -m benchmarks.ingest` (needs anvil: see CONTRIBUTING).

A real node serves a chain of 100 thousand logs (a million with --million). Each way reads all of it in a process of its
own, so that its peak of memory is its own: the ledger in each mode of verification, and bare loops that fetch,
decode and fold with the same functions but check, log and store nothing, or store rows only. Then: from a mined
block to a visible row, and from kill -9 to serving again, both of the program as a user runs it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import requests

from adapters.chain.completeness import Verify
from adapters.chain.connection import ReadingTerms, connected
from adapters.chain.deployment import read_deployment, write_deployment
from adapters.chain.translate import RawLog, Translator
from api.bootstrap import writing_ledger
from api.service import Projecting
from benchmarks.chain_node import Emitter, node
from benchmarks.measure import Spent
from benchmarks.rebuild import fold_target, upsert
from domain.application.catalogue import REGISTRY
from domain.application.ingest import Ingestor
from domain.application.ports import Deployment
from domain.kernel.envelope import Provenance, RecordedEvent
from domain.kernel.errors import Unavailable
from domain.kernel.event import Event
from domain.kernel.ids import MAIN_BRANCH, BlockNumber, Position, Timestamp, Version
from projections.catalogue import ALL
from projections.projection import Body, Projection

BARE: Final = ("bare fold", "bare fold, upsert")
LEDGER: Final = ("off", "bloom", "sample", "all")
BARE_BLOCKS: Final = 40
LIVE_BLOCKS: Final = 120
LIVE_LOGS: Final = 20
PATIENCE_SECONDS: Final = 120.0


def ledger_way(url: str, deployment: Path, mode: str, folder: str) -> Spent:
    """Read the chain into a new ledger and project it, as `run` does."""
    place, stop, spent = read_deployment(deployment), threading.Event(), Spent()
    terms = ReadingTerms(verify=Verify(mode), ws="off")
    with (
        connected([place], [url], terms, print) as (connection,),
        writing_ledger(f"{folder}/ledger.db", create=True) as ledger,
        Projecting(ledger.log, ledger.engine, stop, print) as projecting,
        spent.counting(),
    ):
        ingestor = Ingestor(ledger.log, connection.reader, place)
        while not _step(ingestor):
            pass
        while any(
            ledger.read_models.checkpoint(name) < ledger.log.head() for name in ledger.projections
        ):
            projecting.raise_error()
            time.sleep(0.005)
    return spent


def _step(ingestor: Ingestor) -> bool:
    """Read on once, as `run` does: what may pass is tried again. Return whether the head is reached."""
    try:
        return ingestor.step().at_head
    except Unavailable as error:
        print(error, file=sys.stderr)
        return False


def bare_way(url: str, deployment: Path, *, stores: bool, folder: str) -> Spent:
    """Fetch, decode and fold, page after page, checking nothing; with `stores`, upsert the rows of each page."""
    place, spent = read_deployment(deployment), Spent()
    translator = Translator(place)
    rows: dict[tuple[str, str], Body] = {}
    interested: dict[type[Event], list[Projection]] = {
        kind: [projection for projection in ALL if kind in projection.handles] for kind in REGISTRY
    }
    position = 0
    with (
        requests.Session() as session,
        closing(fold_target(folder)) as target,
        spent.counting(),
    ):
        head = int(str(_ask(session, url, "eth_blockNumber")), 16)
        for first in range(0, head + 1, BARE_BLOCKS):
            dirty: dict[tuple[str, str], str] = {}
            wanted = {
                "fromBlock": hex(first),
                "toBlock": hex(min(head, first + BARE_BLOCKS - 1)),
                "address": list(translator.addresses),
            }
            logs = _ask(session, url, "eth_getLogs", wanted)
            assert isinstance(logs, list)
            for raw in logs:
                position += 1
                recorded = _recorded(translator, place, raw, position)
                for projection in interested[type(recorded.event)]:
                    for key in projection.keys_of(recorded):
                        row = (projection.name, key)
                        body = rows[row] = projection.evolve(key, rows.get(row), recorded)
                        dirty[row] = projection.scope_of(body)
            if stores:
                upsert(target, dirty, rows)
    return spent


def _ask(session: requests.Session, url: str, method: str, *params: object) -> object:
    body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    headers = {"Content-Type": "application/json"}
    return orjson.loads(session.post(url, data=body, headers=headers, timeout=60).content)["result"]


def _recorded(
    translator: Translator, place: Deployment, raw: dict[str, Any], position: int
) -> RecordedEvent:
    log = RawLog(
        address=raw["address"],
        topics=tuple(raw["topics"]),
        data=bytes.fromhex(raw["data"][2:]),
        block_number=int(raw["blockNumber"], 16),
        block_hash=raw["blockHash"],
        transaction_hash=raw["transactionHash"],
        log_index=int(raw["logIndex"], 16),
    )
    stream, event = translator.translate(log)
    return RecordedEvent(
        position=Position(position),
        branch=MAIN_BRANCH,
        stream=stream,
        version=Version(1),
        name=event.NAME,
        schema_version=event.SCHEMA,
        recorded_at="2026-01-01T00:00:00.000000Z",
        actor="",
        causation_id="",
        correlation_id="",
        provenance=Provenance(
            chain_id=place.chain_id,
            block_number=BlockNumber(log.block_number),
            block_hash=log.block_hash,
            block_time=Timestamp(0),
            transaction_hash=log.transaction_hash,
            log_index=log.log_index,
            contract=log.address,
        ),
        event=event,
    )


def one(way: str, url: str, deployment: Path) -> dict[str, float]:
    """Take one way and return its seconds and its peak of memory above what the imports took, in megabytes."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        if way in BARE:
            spent = bare_way(url, deployment, stores="upsert" in way, folder=folder)
        else:
            spent = ledger_way(url, deployment, way, folder)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu": spent.cpu, "wall": spent.wall, "peak_mb": (after - before) / 1024}


def compare(url: str, deployment: Path, logs: int, rounds: int) -> None:
    """Print logs per second of each way, and the ratio to the bare loops."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for way in (*BARE, *LEDGER):
            command = [sys.executable, "-m", "benchmarks.ingest", "--way", way]
            command += ["--url", url, "--deployment", str(deployment)]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            found: dict[str, float] = json.loads(output.splitlines()[-1])
            known = best.setdefault(way, found)
            best[way] = {
                "cpu": min(found["cpu"], known["cpu"]),
                "wall": min(found["wall"], known["wall"]),
                "peak_mb": max(found["peak_mb"], known["peak_mb"]),
            }
    print(f"{logs:,} logs: logs/s of processor time (on the wall), peak above the imports")
    for way, found in best.items():
        against = ", ".join(
            f"{best[bare]['cpu'] / found['cpu']:.2f} ({best[bare]['wall'] / found['wall']:.2f}) x {bare}"
            for bare in BARE
            if way in LEDGER
        )
        print(
            f"  {way:<18}{logs / found['cpu']:>10,.0f} ({logs / found['wall']:,.0f})"
            f"{found['peak_mb']:>8.0f} MB   {against}"
        )


@contextmanager
def running(url: str, deployment: Path, db: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the program until the end of the block."""
    command = [sys.executable, "-m", "api", "run", "--rpc", url, "--deployment", str(deployment)]
    command += ["--db", str(db), "--port", str(port)]
    # What the program says is shown: when it stops, it says why.
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_served(session: requests.Session, api: str, last_block: int = 0) -> dict[str, Any]:
    """Wait until the program answers and has read and projected up to a block; return its health."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            health: dict[str, Any] = session.get(f"{api}/v1/health", timeout=10).json()
        except requests.ConnectionError:
            time.sleep(0.005)
            continue
        chains = health["chains"]
        if (
            chains
            and (chains[0]["last_block"] or 0) >= last_block
            and not any(each["lag"] for each in health["projections"])
        ):
            return health
        time.sleep(0.01)
    raise SystemExit("the program did not come up")


def latency(emitter: Emitter, url: str, deployment: Path, folder: Path) -> None:
    """Print how long after a block was mined its last task's row is there over HTTP."""
    api = f"http://127.0.0.1:{(port := _free_port())}"
    waits: list[float] = []
    with requests.Session() as session, ExitStack() as stack:
        stack.enter_context(running(url, deployment, folder / "live.db", port))
        wait_served(session, api)
        # The program has looked at the contracts' code; from here on it is replaced.
        emitter.begin_live()
        position = session.get(f"{api}/v1/health", timeout=10).json()["position"]
        for _ in range(LIVE_BLOCKS):
            mined = emitter.live_block(LIVE_LOGS)
            # The facts of the block and its cursor; the rows follow the log in the same pass.
            seen, position = _wait_rows(session, api, position + LIVE_LOGS)
            waits.append(seen - mined)
            time.sleep(0.05)
    waits.sort()
    print(
        f"block mined -> rows over HTTP, {LIVE_LOGS} logs a block, {LIVE_BLOCKS} blocks: "
        f"p50 {1000 * statistics.median(waits):.1f} ms, p90 {1000 * waits[int(0.9 * len(waits))]:.1f} ms"
    )


def _wait_rows(session: requests.Session, api: str, position: int) -> tuple[float, int]:
    """Ask for rows that hold a position, which waits for them; return when they came, and the head of the log."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    # The answer waits for read models that are behind the log, and is refused at once while the log is not there yet.
    # Health would tell as well, but it looks at everything, and takes the processor from what is measured.
    while not session.get(
        f"{api}/v1/networks", params={"min_position": position}, timeout=PATIENCE_SECONDS
    ).ok:
        if time.monotonic() > deadline:
            raise SystemExit("a block was not followed")
        time.sleep(0.001)
    waited = time.monotonic()
    head = int(session.get(f"{api}/v1/health", timeout=10).json()["position"])
    return waited, head


def kill(url: str, deployment: Path, folder: Path, rounds: int) -> None:
    """Print how long after kill -9 and a new start the program serves exact totals again, without its imports."""
    db = folder / "killed.db"
    imports = min(_import_seconds() for _ in range(3))
    waits: list[float] = []
    with requests.Session() as session:
        for _ in range(rounds):
            port = _free_port()
            api = f"http://127.0.0.1:{port}"
            began = time.monotonic()
            with running(url, deployment, db, port) as process:
                wait_served(session, api)
                waits.append(time.monotonic() - began)
                process.send_signal(signal.SIGKILL)
    print(
        f"kill -9 -> serving again ({rounds - 1} times, the whole chain in the ledger): "
        f"median {statistics.median(waits[1:]) - imports:.2f} s past the imports ({imports:.2f} s)"
    )


def _import_seconds() -> float:
    code = "import api.bootstrap, api.bootstrap_chains, api.service, api.http.app, api.cli.run, uvicorn"
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.monotonic() - began


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> None:
    """Make the chain, compare the ways, and print what each part costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=100_000)
    parser.add_argument("--million", action="store_true", help="a chain of a million logs")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--deployment", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(orjson.dumps(one(given.way, given.url, given.deployment)).decode())
        return
    os.environ.pop("AGENTGPT_DB", None)
    logs = 1_000_000 if given.million else given.logs
    with (
        tempfile.TemporaryDirectory() as name,
        node("--timestamp", "1760000000") as url,
        closing(Emitter(url)) as emitter,
    ):
        folder = Path(name)
        deployment = folder / "deployment.json"
        write_deployment(deployment, emitter.deployment)
        emitter.emit(logs)
        compare(url, deployment, logs, given.rounds)
        kill(url, deployment, folder, rounds=6)
        latency(emitter, url, deployment, folder)


if __name__ == "__main__":
    main()
