"""The steps of a story as sentences."""

from __future__ import annotations

from typing import assert_never

from adapters.chain.play import steps
from domain.kernel.money import format_agpt


def tell(step: steps.Step) -> str:
    """Return what the step does, as a sentence without a point."""
    match step:
        case (
            steps.Post()
            | steps.Cancel()
            | steps.Assign()
            | steps.Submit()
            | steps.Attest()
            | steps.Resolve()
            | steps.ExpireProof()
            | steps.ExpireVerification()
            | steps.ExpireTask()
        ):
            return f"task {step.task.index + 1}: {_of_task(step)}"
        case steps.Fund():
            return f"{step.actor} gets {format_agpt(step.amount_wei)} AGPT and ether for gas"
        case steps.Approve():
            return f"{step.actor} lets the arbiter draw {format_agpt(step.amount_wei)} AGPT"
        case steps.Join():
            return f"{step.node} joins the network"
        case steps.Deposit():
            return f"{step.node} stakes {format_agpt(step.amount_wei)} AGPT"
        case steps.QueueWithdrawal():
            return f"{step.node} asks for {format_agpt(step.amount_wei)} AGPT of its stake"
        case steps.Withdraw():
            return f"{step.node} takes out the stake that has waited long enough"
        case steps.Leave():
            return f"{step.node} leaves the network"
        case steps.Claim():
            return f"{step.actor} claims what it is owed"
        case steps.RegisterWorkflow():
            return f"the workflow {step.name} is registered"
        case steps.Publish():
            return f"version {step.label} is published"
        case steps.Rollback():
            return f"emergency: back to version {step.label}"
        case steps.Pause():
            return "new work is paused" if step.stop else "new work is accepted again"
        case steps.SetPolicy():
            return f"a policy change is {'executed' if step.execute else 'proposed'}"
        case steps.ReleasePool():
            amount = format_agpt(step.amount_wei)
            return f"paying {amount} AGPT of the slash pool is {'done' if step.execute else 'proposed'}"
        case steps.Pass():
            return f"{_span(step.seconds)} pass"
        case _:
            assert_never(step)


def _of_task(
    step: steps.Post
    | steps.Cancel
    | steps.Assign
    | steps.Submit
    | steps.Attest
    | steps.Resolve
    | steps.ExpireProof
    | steps.ExpireVerification
    | steps.ExpireTask,
) -> str:
    match step:
        case steps.Post(task=task):
            return f"{task.requester} posts it with a bounty of {format_agpt(task.bounty_wei)} AGPT"
        case steps.Cancel(task=task):
            return f"{task.requester} cancels it"
        case steps.Assign():
            return f"{step.node} {'is given' if step.by_scheduler else 'takes'} it"
        case steps.Submit():
            return f"{step.node} hands in proof {step.epoch}"
        case steps.Attest():
            return f"proof {step.epoch} is judged {'valid' if step.valid else 'invalid'}"
        case steps.Resolve():
            return f"the verdict on proof {step.epoch} is applied"
        case steps.ExpireProof():
            return "no proof came in time"
        case steps.ExpireVerification():
            return "no verdict came in time"
        case steps.ExpireTask():
            return "its time is over"
        case _:
            assert_never(step)


def _span(seconds: int) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
