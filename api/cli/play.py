"""`agentgpt play`: a seeded story of real transactions on a deployment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from api.cli.output import console, line, print_json


def play(
    *,
    rpc: Annotated[str, Parameter(help="URL of the node.")],
    deployment: Annotated[Path, Parameter(help="What `agentgpt contracts deploy --dev` wrote.")],
    seed: Annotated[int, Parameter(help="The same seed gives the same story.")] = 1,
    tasks: Annotated[int, Parameter(help="How many tasks the story has.")] = 60,
    key_env: Annotated[
        str | None,
        Parameter(
            help="Environment variable with the deployer's private key. Default: AGENTGPT_KEY, "
            "and on a development chain (31337) its well-known first account."
        ),
    ] = None,
    json: Annotated[
        bool, Parameter(negative=(), help="Print one JSON document at the end.")
    ] = False,
) -> None:
    """Play a network's story with real transactions: nodes join and leave, tasks succeed and fail, a rollback.

    Needs the key of a deployment that was made with --dev.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from api.bootstrap import story_on

    done, total = 0, 0
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with (
        story_on(rpc, key_env, deployment, seed=seed, tasks=tasks) as steps,
        Progress(
            *columns,
            console=console(sys.stderr),
            transient=True,
            disable=not sys.stderr.isatty(),
        ) as progress,
    ):
        bar = progress.add_task("", total=None)
        for told in steps:
            done, total = told.done, told.total
            progress.update(bar, completed=done, total=total, description=told.sentence)
    if json:
        print_json({"seed": seed, "tasks": tasks, "steps": done})
    else:
        line(f"played {done} of {total} steps with {tasks} tasks, seed {seed}")
