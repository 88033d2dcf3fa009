"""The composition root: the only module that knows which adapters stand behind the ports.

Heavy parts (the chain's libraries, the web server) are imported where they are used, so that a command
that only reads starts fast.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

from adapters.clock import SystemClock
from adapters.eventstore.codec import Codec
from api.bootstrap_database import ledger_name, only_rebuild, opened_parts
from api.ledger import FollowerStatus, Ledger, no_follower
from api.ledger_clock import ChainTimeClock
from api.settings import ServeSettings, db_setting
from domain.application.catalogue import REGISTRY
from domain.application.commands import CommandHandler
from domain.application.erasure import SubjectEraser
from domain.application.ports import Clock, Deployment
from domain.application.standing import Standing
from domain.kernel.errors import InvalidInput, OlderSchema
from domain.kernel.ids import Address, Seconds, parse_address
from domain.kernel.merkle import Checkpoint
from projections.catalogue import ALL, SENTINEL
from projections.engine import ProjectionEngine
from projections.rebuilding import Rebuilder

if TYPE_CHECKING:
    from adapters.chain.play.story import Story
    from adapters.chain.rpc import HttpTransport
    from api.demo.stage import Decision, Stage, Told
    from api.http.server import HttpServer

KEY_VARIABLE = "AGENTGPT_KEY"

DEV_CHAIN_IDS = frozenset({31337})
"""Chains that only exist on a developer's machine: anvil's and hardhat's default."""

DEV_KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""The first account of the mnemonic `test test ... junk`, which such chains fund and document."""


@contextmanager
def reading_ledger(db: str | None) -> Iterator[Ledger]:
    """Open an existing ledger and write nothing to it.

    Raises InvalidInput when none is named or there is none, ForeignDatabase, NewerSchema and Unavailable.
    """
    with _opened(db_setting(db), SystemClock(), readonly=True) as ledger:
        yield ledger


@contextmanager
def writing_ledger(
    db: str | None, *, create: bool = False, clock: Clock | None = None, sentinel: bool = False
) -> Iterator[Ledger]:
    """Open a ledger to write to it; a missing one is only made with `create`. Raises as `reading_ledger` does.

    With `sentinel` its books refuse what breaks a rule of conservation: such an event is parked.
    """
    name = db_setting(db)
    if not create:
        # Opening for reading refuses what is missing or foreign, before anything could be made.
        with suppress(OlderSchema), _opened(name, SystemClock(), readonly=True):
            pass
    with _opened(name, clock or SystemClock(), readonly=False, sentinel=sentinel) as ledger:
        yield ledger


@contextmanager
def _opened(db: str, clock: Clock, *, readonly: bool, sentinel: bool = False) -> Iterator[Ledger]:
    with opened_parts(db, clock, readonly=readonly) as (log, read_models, rewrite):
        yield Ledger(
            db=ledger_name(db),
            log=log,
            clock=clock,
            tree=log.tree,
            read_models=read_models,
            standing=Standing(log),
            commands=CommandHandler(log),
            eraser=SubjectEraser(log, log.keyring),
            engine=ProjectionEngine(log, read_models, SENTINEL if sentinel else ALL),
            rebuilder=Rebuilder(log, read_models, ALL, partial(only_rebuild, db)),
            payload=Codec(REGISTRY).payload,
            projections=tuple(projection.name for projection in ALL),
            rewrite=rewrite,
        )


@contextmanager
def serving(
    ledger: Ledger,
    settings: ServeSettings,
    *,
    listener: socket | None = None,
    follower: FollowerStatus = no_follower,
) -> Iterator[HttpServer]:
    """Serve an open ledger over HTTP until the end of the block; binds the port unless `listener` is given."""
    from api.http.app import LOOPBACK_NAMES, create_app
    from api.http.head_watch import HeadWatch
    from api.http.server import HttpServer, bind

    watch = HeadWatch(ledger.log)
    host_names = LOOPBACK_NAMES if settings.is_loopback else None
    app = create_app(ledger, watch, follower=follower, host_names=host_names)
    with HttpServer(app, watch, listener or bind(settings)) as server:
        yield server


@contextmanager
def embedded_stage(db: str, *, seed: int, tasks: int) -> Iterator[Stage]:
    """Put a story on a fresh embedded chain, with a new ledger in `db` whose clock is the chain's.

    Raises InvalidInput for a number of tasks out of bounds, and what opening a ledger raises.
    """
    from adapters.chain.deploy import deploy
    from adapters.chain.embedded import DEPLOYER_KEY, EmbeddedChain
    from adapters.chain.play.story import Story
    from adapters.chain.reader import JsonRpcReader
    from adapters.chain.views import ContractViews
    from adapters.finality.policies import policy_for
    from api.demo.stage import Stage, Told
    from domain.application.ingest import Ingestor

    chain = EmbeddedChain()
    deployment = deploy(chain, DEPLOYER_KEY, dev=True)
    story = Story(chain, deployment, DEPLOYER_KEY, seed=seed, tasks=tasks)
    reader = JsonRpcReader(chain, deployment)
    clock = ChainTimeClock(lambda: reader.head().time)
    with writing_ledger(db, create=True, clock=clock) as ledger:
        yield Stage(
            ledger=ledger,
            ingestor=Ingestor(ledger.log, reader, deployment, policy_for(deployment.chain_id)),
            views=ContractViews(chain, deployment),
            steps=(Told(step.done, step.total, step.sentence) for step in story.tell()),
            decisions=_decisions(story),
            chain_id=deployment.chain_id,
            arbiter=deployment.arbiter,
        )


def _decisions(story: Story) -> Mapping[int, Decision]:
    """Return what the workflow's owner decides here before the story's steps carry it to the chain, by step."""
    from adapters.chain.play.graphs import GRAPHS
    from adapters.chain.play.steps import PUBLISHER, Publish, RegisterWorkflow
    from api.demo.stage import PublishDecision, RegisterDecision

    owner = story.address_of(PUBLISHER)
    name = ""
    decisions: dict[int, Decision] = {}
    for number, step in enumerate(story.plan.steps, start=1):
        match step:
            case RegisterWorkflow():
                name = step.name
                decisions[number] = RegisterDecision(owner, name)
            case Publish(label=label):
                published = PublishDecision(owner, name, f"production-{label}", GRAPHS[label])
                decisions[number] = published
    return decisions


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was deployed, and the block from which a ledger reads."""

    deployment: Deployment
    deployer: Address


def deploy_contracts(
    rpc: str,
    key_env: str | None,
    out: Path,
    *,
    dev: bool,
    governance: str | None,
    delay_seconds: int | None,
) -> Deployed:
    """Deploy the contracts, check them, and write the deployment file.

    Raises InvalidInput (also for a file that is there already), RuleRejected, WrongChain and Unavailable.
    """
    from adapters.chain.deploy import DEFAULT_DELAY_SECONDS, deploy, verify
    from adapters.chain.deployment import write_deployment
    from adapters.chain.keys import Signer
    from adapters.chain.rpc import HttpTransport

    if out.exists():
        raise InvalidInput(f"`{out}` exists already", hint="give another --out, or move it away")
    if not out.absolute().parent.is_dir():
        raise InvalidInput(f"the folder of `{out}` does not exist", hint="make it first")
    governor = None if governance is None else parse_address(governance)
    with closing(HttpTransport(rpc)) as transport:
        key = _key(transport, key_env)
        delay = DEFAULT_DELAY_SECONDS if delay_seconds is None else Seconds(delay_seconds)
        deployment = deploy(transport, key, dev=dev, governance=governor, min_delay_seconds=delay)
        verify(transport, deployment)
    write_deployment(out, deployment)
    return Deployed(deployment, Signer(key).address)


@contextmanager
def story_on(
    rpc: str, key_env: str | None, deployment: Path, *, seed: int, tasks: int
) -> Iterator[Iterator[Told]]:
    """Plan a story on a deployment; each step is sent when it is asked for.

    Raises InvalidInput, RuleRejected, WrongChain and Unavailable before anything is sent.
    """
    from adapters.chain.deployment import read_deployment
    from adapters.chain.play.story import Story
    from adapters.chain.rpc import HttpTransport
    from api.demo.stage import Told

    place = read_deployment(deployment)
    with closing(HttpTransport(rpc)) as transport:
        key = _key(transport, key_env)
        story = Story(transport, place, key, seed=seed, tasks=tasks)
        yield (Told(step.done, step.total, step.sentence) for step in story.tell())


def make_log_key(out: Path, name: str | None) -> str:
    """Make a key for signing checkpoints in a new file and return its public part. Raises InvalidInput."""
    from adapters.checkpoints.keyfile import make_key

    return str(make_key(out, name))


def sign_checkpoint(ledger: Ledger, key: Path) -> str:
    """Sign the log's head with the key in a file and return the note.

    Raises EvidenceMismatch when the log does not extend what the key signed last, InvalidInput and Unavailable.
    """
    from adapters.checkpoints import keyfile

    return keyfile.sign_checkpoint(key, ledger.tree)


def read_checkpoint(note: bytes, vkey: str) -> Checkpoint:
    """Return the checkpoint that the key signed. Raises InvalidInput and EvidenceMismatch."""
    from adapters.checkpoints.checkpoint import open_checkpoint
    from adapters.checkpoints.note import parse_verifier

    return open_checkpoint(note, parse_verifier(vkey))


def _key(transport: HttpTransport, key_env: str | None) -> bytes:
    """Return the private key that an environment variable holds.

    On a development chain that names no variable it is the first account's, which everybody knows.
    """
    from adapters.chain.keys import parse_key
    from adapters.chain.values import read_quantity

    name = key_env or KEY_VARIABLE
    text = os.environ.get(name, "")
    if text:
        return parse_key(text)
    if key_env is None:
        chain_id = read_quantity(transport.request("eth_chainId", []), "chain id")
        if chain_id in DEV_CHAIN_IDS:
            return parse_key(DEV_KEY)
    raise InvalidInput(
        f"the environment variable {name} holds no private key",
        hint="set it to 64 hexadecimal digits, or name another one with --key-env",
    )
