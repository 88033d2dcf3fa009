"""`agentgpt contracts`: the contracts on a chain."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from api.cli.output import fields, print_json, talk

app = App(name="contracts", help="Deploy the contracts to a chain.")


@app.command(name="deploy")
def deploy(
    *,
    rpc: Annotated[str, Parameter(help="URL of the node.")],
    out: Annotated[Path, Parameter(help="The deployment file to write; must not exist.")],
    key_env: Annotated[
        str | None,
        Parameter(
            help="Environment variable with the deployer's private key. Default: AGENTGPT_KEY, "
            "and on a development chain (31337) its well-known first account."
        ),
    ] = None,
    dev: Annotated[
        bool,
        Parameter(negative=(), help="The deployer keeps every role, as `agentgpt play` needs it."),
    ] = False,
    governance: Annotated[
        str | None,
        Parameter(help="Address that governs through the timelock; needed without --dev."),
    ] = None,
    delay_seconds: Annotated[
        int | None, Parameter(help="The timelock's delay. Default: two days.")
    ] = None,
    json: Annotated[bool, Parameter(negative=(), help="Print one JSON document.")] = False,
) -> None:
    """Deploy the five contracts, check them, and write the deployment file."""
    from api.bootstrap import deploy_contracts

    deployed = deploy_contracts(
        rpc, key_env, out, dev=dev, governance=governance, delay_seconds=delay_seconds
    )
    place = deployed.deployment
    contracts = {
        "token": place.token,
        "arbiter": place.arbiter,
        "registry": place.registry,
        "verifier": place.verifier,
        "timelock": place.timelock,
    }
    if json:
        print_json(
            {
                "chain_id": place.chain_id,
                "genesis_hash": place.genesis_hash,
                "start_block": place.start_block,
                "deployer": deployed.deployer,
                "contracts": contracts,
                "file": str(out),
            }
        )
        return
    fields([("chain", str(place.chain_id)), ("deployer", deployed.deployer), *contracts.items()])
    talk(
        f"wrote {out}; follow it: agentgpt run --rpc URL --deployment {shlex.quote(str(out))} --db FILE"
    )
