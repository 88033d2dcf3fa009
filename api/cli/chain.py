"""`agentgpt chain`: the chains that a ledger follows, their finality, and what to do about a halted one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

from cyclopts import App, Parameter
from rich.text import Text

from api.cli.output import READING, Reading, fields, print_json, short, table, talk

app = App(name="chain", help="Followed chains: finality, reorganisations, halts.")


@app.command(name="list")
def list_chains(*, reading: Reading = READING) -> None:
    """List the followed chains: how far they are read, and what of it is safe and final."""
    from api.bootstrap import reading_ledger
    from api.chain_view import chain_views

    with reading_ledger(reading.db) as ledger:
        chains = chain_views(ledger)
    if reading.json:
        print_json({"items": chains})
        return
    if not chains:
        talk("this ledger follows no chain; `agentgpt run` makes it follow one")
        return
    table(
        f"{len(chains)} chains",
        ("chain", "arbiter", "state", "read #", "safe #", "final #", "reorgs #", "policy"),
        [
            (
                str(chain["chain_id"]),
                short(str(chain["arbiter"])),
                Text("halted", "red") if chain["halted"] else Text("following", "green"),
                _height(chain["head_block"]),
                _height(chain["safe_block"]),
                _height(chain["final_block"]),
                str(chain["reorg_count"]),
                str(chain["policy"] or ""),
            )
            for chain in chains
        ],
    )
    for chain in chains:
        if chain["halted"]:
            talk(f"see `agentgpt chain show {chain['network']}` for the evidence")


@app.command(name="show")
def show_chain(network: str | None = None, /, *, reading: Reading = READING) -> None:
    """Show one chain: its finality, its newest reorganisations, and why it is halted.

    Parameters
    ----------
    network
        `<chain id>.<arbiter>`; may be left out when the ledger follows only one.
    """
    from api.bootstrap import reading_ledger
    from api.chain_view import chain_view_of

    with reading_ledger(reading.db) as ledger:
        chain = chain_view_of(ledger, network)
    if reading.json:
        print_json(chain)
        return
    fields(
        [
            ("network", str(chain["network"])),
            ("read to", _block(chain, "head")),
            ("safe to", _block(chain, "safe")),
            ("final to", _block(chain, "final")),
            ("policy", f"{chain['policy']}, version {chain['policy_version']}"),
            ("reorganisations", f"{chain['reorg_count']}, the deepest {chain['deepest_reorg']}"),
            ("healed", f"{chain['healed_count']} times"),
        ]
    )
    reorgs = cast(Sequence[Mapping[str, object]], chain["reorgs"])
    if reorgs:
        names = ("position", "fork_block", "orphaned_last_block", "depth", "voided_facts")
        rows = [tuple(str(reorg[name]) for name in names) for reorg in reorgs]
        table("Newest reorganisations", tuple(f"{name} #" for name in names), rows)
    halted = cast(Mapping[str, object] | None, chain["halted"])
    if halted:
        talk("halted: nothing of this chain is read until `agentgpt chain heal`")
        fields([(name.replace("_", " "), str(value)) for name, value in halted.items()])


@app.command(name="policies")
def list_policies(
    *,
    json: Annotated[bool, Parameter(negative=(), help="Print one JSON document.")] = False,
) -> None:
    """List the finality policies that come with the program, and where their rules are from."""
    from api.bootstrap_finality import finality_policies

    policies = finality_policies()
    if json:
        print_json({"items": [asdict(policy) for policy in policies]})
        return
    table(
        "Finality policies",
        ("name", "version #", "chain ids", "safe", "final"),
        [
            (
                policy.name,
                str(policy.version),
                ", ".join(map(str, policy.chain_ids)) or "by name",
                _rule(policy.safe.tag, policy.safe.confirmations),
                _rule(policy.final.tag, policy.final.confirmations),
            )
            for policy in policies
        ],
    )
    for policy in policies:
        talk(f"{policy.name}: {policy.title}. {policy.notes}")


@app.command(name="heal")
def heal(
    *,
    rpc: Annotated[
        list[str],
        Parameter(
            negative=(), help="URL of a node; two at least. Keys in it never appear in messages."
        ),
    ],
    deployment: Annotated[Path, Parameter(help="What `agentgpt contracts deploy` wrote.")],
    finality_policy: Annotated[
        str | None, Parameter(help="As for `agentgpt run`. Default: by chain id.")
    ] = None,
    reading: Reading = READING,
) -> None:
    """Go on with a halted chain: what the endpoints agree on replaces what was final.

    Refused, with nothing written, when the chain is not halted or the endpoints disagree.
    """
    from api.bootstrap_finality import heal_chain

    given = [] if finality_policy is None else [finality_policy]
    healed = heal_chain(reading.db, rpc=rpc, deployment=deployment, finality_policies=given)
    if reading.json:
        print_json(asdict(healed))
        return
    talk(
        f"healed: {healed.orphaned} facts stand no more, {healed.restored} stand again, "
        f"{healed.facts} are new; read to block {healed.last_block}"
    )


def _height(block: object) -> str:
    return "" if block is None else str(block)


def _block(chain: Mapping[str, object], level: str) -> str:
    number, block_hash = chain[f"{level}_block"], chain[f"{level}_block_hash"]
    return "nothing yet" if number is None else f"block {number}  {block_hash}"


def _rule(tag: str, confirmations: int) -> str:
    parts = [f"tag {tag}"] if tag else []
    if confirmations or not tag:
        parts.append(f"{confirmations} blocks")
    return " and ".join(parts)
