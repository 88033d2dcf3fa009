"""The contracts and the reference model side by side: every call goes to both, and everything both say is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.contracts.abi import Reverted
from tests.contracts.actors import ADMIN, CAP, GOVERNOR, JUDGE, MINT, PAUSE_GUARD, SCHEDULER_BOT
from tests.contracts.evm import CHAIN_ID, Contract
from tests.contracts.network import Network
from tests.contracts.reference import roles
from tests.contracts.reference.arbiter import Arbiter
from tests.contracts.reference.facts import UINT256_MAX, Log, Refused
from tests.contracts.reference.registry import Registry
from tests.contracts.reference.tasks import ENDED, TaskStatus
from tests.contracts.reference.terms import Policy
from tests.contracts.reference.token import Token
from tests.contracts.reference.verifier import Verifier


class Pair:
    """One network twice: compiled, and as the specification reads."""

    def __init__(
        self,
        accounts: Sequence[str],
        change_policy: Callable[[Policy], Policy] = lambda policy: policy,
    ) -> None:
        self.net = Network(change_policy)
        self.accounts = tuple(accounts)
        self.token = _twin_token(self.net, accounts)
        self.registry = Registry()
        self.registry.roles.held |= {(roles.ADMIN, ADMIN), (roles.GOVERNANCE, GOVERNOR)}
        self.verifier = Verifier(CHAIN_ID, self.net.verifier.address)
        self.verifier.roles.held |= {(roles.ADMIN, ADMIN), (roles.ATTESTER, JUDGE)}
        self.arbiter = _twin_arbiter(self)
        self.outcomes: dict[str, int] = {}
        self._slashed: set[tuple[str, int]] = set()
        self._reached: dict[str, tuple[int, int]] = {}
        self._seen: dict[tuple[str, str], tuple[bytes, Any]] = {}
        self.compare_views()

    @property
    def now(self) -> int:
        return self.net.chain.now

    def step(
        self,
        expected: Callable[[], list[Log]],
        contract: Contract,
        function: str,
        *args: Any,
        sender: str,
    ) -> list[Log]:
        """Make the call on both sides; fail unless both write the same logs, or both refuse for the same reason."""
        try:
            wanted = expected()
            reasons: frozenset[str] = frozenset()
        except Refused as refused:
            wanted, reasons = [], refused.reasons
        try:
            logs = self.net.chain.send(contract, function, *args, sender=sender)
            outcome = "done"
        except Reverted as reverted:
            logs, outcome = [], reverted.name
        call = f"{function}{args} by {sender}"
        if reasons or outcome != "done":
            assert outcome in reasons, f"{call}: contract says {outcome}, model {reasons or wanted}"
        for name in ("HeavyComputeArbiter", "AGPT", "WorkflowRegistry", "AttesterVerifier"):
            told = [log for log in logs if log.contract == name]
            assert told == [log for log in wanted if log.contract == name], call
        key = f"{function}: {outcome}"
        for counted in (key, *(log.event for log in logs)):
            self.outcomes[counted] = self.outcomes.get(counted, 0) + 1
        self._check_faults(logs)
        self.compare_views()
        return logs

    def act(
        self, expected: Callable[[], list[Log]], function: str, *args: Any, sender: str
    ) -> list[Log]:
        """Make a call of the arbiter."""
        return self.step(expected, self.net.arbiter, function, *args, sender=sender)

    # What must hold after each step.

    def _check_faults(self, logs: Sequence[Log]) -> None:
        for log in logs:
            if log.event == "NodeSlashed":
                fault = (log.args["taskId"], log.args["epoch"])
                assert fault not in self._slashed, f"slashed twice for {fault}"
                self._slashed.add(fault)
        assert len(self._slashed) == self.arbiter.faults

    def compare_views(self) -> None:
        """Fail unless all views agree with the model, the tokens are all there, and no task moved back."""
        net, model = self.net, self.arbiter
        held = net.tokens(net.arbiter.address)
        assert held == model.owed == self.token.balances[net.arbiter.address]
        for account in self.accounts:
            self._compare("node", account, model.nodes[account].viewed())
            self._compare("credit", account, model.credits[account])
        self._compare_tasks()
        self._compare("slashPool", "", model.pool)
        self._compare("paused", "", model.paused)
        self._compare("policy", "", model.policy.logged())

    def _compare_tasks(self) -> None:
        for task_id, task in self.arbiter.tasks.items():
            place = (task.epoch, int(task.status))
            if self._reached.get(task_id) == place and task.status in ENDED:
                continue
            self._compare("task", task_id, task.viewed())
            # Within an epoch the status only grows; the task itself is what the contract just said it is.
            assert place >= self._reached.get(task_id, (0, int(TaskStatus.UNKNOWN)))
            self._reached[task_id] = place

    def _compare(self, view: str, key: str, wanted: Any) -> None:
        args = (key,) if key else ()
        data = self.net.chain.read_raw(self.net.arbiter, view, *args)
        if self._seen.get((view, key)) == (data, wanted):
            return
        told = self.net.arbiter.abi.functions[view].decode_outputs(data)
        assert told == wanted, f"{view} {key}"
        self._seen[view, key] = (data, wanted)

    def compare_everything(self) -> None:
        """Compare also what cannot have changed in passing: ended tasks, versions, balances and failures."""
        net = self.net
        self._reached.clear()
        self.compare_views()
        for account in self.accounts:
            assert net.tokens(account) == self.token.balances[account]
            for task_id, task in self.arbiter.tasks.items():
                assert net.read("hasFailed", task_id, account) == (account in task.failed)
        for workflow_id, workflow in self.registry.workflows.items():
            told = net.chain.read(net.registry, "workflow", workflow_id)
            wanted = (workflow.owner, workflow.versions, workflow.active)
            assert tuple(told.values()) == wanted
        for version_hash, version in self.registry.versions.items():
            told = net.chain.read(net.registry, "version", version_hash)
            assert told == {
                "workflowId": version.workflow_id,
                "parent": version.parent,
                "contentHash": version.content_hash,
                "publishedAt": version.published_at,
                "sequence": version.sequence,
                "revoked": version.revoked,
            }


def _twin_token(net: Network, accounts: Sequence[str]) -> Token:
    """Return a model of the token as it stands, read by its views."""
    token = Token(CAP)
    token.supply = int(net.chain.read(net.token, "totalSupply"))
    token.roles.held |= {(roles.ADMIN, ADMIN), (roles.MINTER, MINT)}
    for account in accounts:
        token.balances[account] = net.tokens(account)
        token.allowances[account, net.arbiter.address] = (
            UINT256_MAX if token.balances[account] else 0
        )
    return token


def _twin_arbiter(pair: Pair) -> Arbiter:
    net = pair.net
    arbiter = Arbiter(
        chain_id=CHAIN_ID,
        address=net.arbiter.address,
        token=pair.token,
        registry=pair.registry,
        verifiers={net.verifier.address: pair.verifier},
        policy=net.policy,
    )
    arbiter.roles.held |= {
        (roles.ADMIN, ADMIN),
        (roles.GOVERNANCE, GOVERNOR),
        (roles.GOVERNANCE, net.timelock.address),
        (roles.PAUSER, PAUSE_GUARD),
        (roles.SCHEDULER, SCHEDULER_BOT),
    }
    return arbiter
