"""How streams are named. A stream belongs to one network (one deployment on one chain) or to no chain at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from domain.kernel.errors import CorruptRecord
from domain.kernel.ids import Address, ChainId, Hash32, StreamName

_NETWORK = re.compile(r"([1-9][0-9]{0,77})\.(0x[0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Network:
    """One deployment of the contracts: the chain, and its arbiter's address."""

    chain_id: ChainId
    arbiter: Address

    def __str__(self) -> str:
        return f"{self.chain_id}.{self.arbiter}"


def network_stream(network: Network) -> StreamName:
    """Stream of what concerns the whole network: its policy, roles, pauses and slash pool."""
    return StreamName(f"network:{network}")


def chain_stream(network: Network) -> StreamName:
    """Stream of how far the network's chain has been read."""
    return StreamName(f"chain:{network}")


def node_stream(network: Network, node: Address) -> StreamName:
    """Stream of a node's membership."""
    return StreamName(f"node:{node}@{network}")


def stake_stream(network: Network, account: Address) -> StreamName:
    """Stream of what an account deposits, queues, withdraws and claims."""
    return StreamName(f"stake:{account}@{network}")


def task_stream(network: Network, task_id: Hash32) -> StreamName:
    """Stream of a task and all attempts at it."""
    return StreamName(f"task:{task_id}@{network}")


def workflow_stream(workflow_id: Hash32) -> StreamName:
    """Stream of a workflow: decisions of its owner and facts of every chain it is registered on."""
    return StreamName(f"workflow:{workflow_id}")


def subject_stream(subject: Address) -> StreamName:
    """Stream of what was erased for somebody, on whatever network."""
    return StreamName(f"subject:{subject}")


def outbox_stream(chain_id: ChainId, sender: Address) -> StreamName:
    """Stream of the transactions that are sent for one sender on one chain, whatever deployments they call."""
    return StreamName(f"outbox:{sender}@{chain_id}")


def registry_stream(network: Network) -> StreamName:
    """Stream of registry facts that name no workflow."""
    return StreamName(f"registry:{network}")


def token_stream(network: Network) -> StreamName:
    """Stream of what the network's token says about the network's contracts."""
    return StreamName(f"token:{network}")


def category_of(stream: StreamName) -> str:
    """Return the part before the first colon: `task`, `node`, `stake`, `workflow`, `subject`, `network`, ..."""
    return stream.partition(":")[0]


# Asked several times for each event of a rebuild, mostly for the same few streams in a row.
@lru_cache(maxsize=4_096)
def network_name_of(stream: StreamName) -> str:
    """Return the network's name as the stream carries it, "" for a stream of no network (a workflow's)."""
    category, _, rest = stream.partition(":")
    if category in ("network", "chain", "registry", "token"):
        return rest
    return rest.rpartition("@")[2] if "@" in rest else ""


@lru_cache(maxsize=256)
def parse_network(name: str) -> Network:
    """Return the network that `name` writes as `<chain id>.<arbiter>`.

    Raises CorruptRecord for anything else: such names are only written by this module.
    """
    match = _NETWORK.fullmatch(name)
    if match is None:
        raise CorruptRecord(
            f"`{name[:80]}` does not name a network",
            hint="a network is the chain id, a point and the arbiter's address",
        )
    return Network(chain_id=ChainId(int(match[1])), arbiter=Address(match[2]))
