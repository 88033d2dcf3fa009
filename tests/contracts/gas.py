"""Gas of each operation, measured on py-evm by Ethereum's own rules (Prague), from a story that never varies.

`python -m tests.contracts.gas` measures again and writes contracts/gas-snapshot.json.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from eth_utils.crypto import keccak

from contracts.artifact import NAMES
from contracts.sources import ROOT
from tests.contracts.abi import ContractAbi, contract_abi
from tests.contracts.actors import default_policy, word
from tests.contracts.reference import roles
from tests.contracts.reference.facts import UINT256_MAX, ZERO_BYTES32
from tests.contracts.reference.registry import version_hash_of, workflow_id_of
from tests.contracts.reference.tasks import task_id_of
from tests.contracts.reference.terms import AGPT, DAY, TaskRequest

SNAPSHOT = ROOT / "gas-snapshot.json"
COMMAND = "python -m tests.contracts.gas"
GAS_LIMIT = 12_000_000
GAS_PRICE = 10**9
URI = "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"


class Story:
    """A network on py-evm; `run` plays through the operations and notes what each one costs."""

    def __init__(self) -> None:
        self._tester = EthereumTester(PyEVMBackend())
        self._block = 0
        accounts = [account.lower() for account in self._tester.get_accounts()]
        self.power, self.requester, *self.nodes = accounts
        for number in range(2):
            self.nodes.append(self._add_account(number))
        self.gas: dict[str, int] = {}
        self._salts = 0

    def run(self) -> dict[str, int]:
        """Return gas by operation."""
        self._deploy()
        self._roles_and_tokens()
        self._stakes()
        self._tasks()
        self._faults()
        self._withdrawals()
        self._governance()
        self._workflows()
        return self.gas

    # The parts of the story.

    def _deploy(self) -> None:
        self.addresses: dict[str, str] = {}
        power = self.power
        self._create("AGPT", power, 10**27)
        self._create("AttesterVerifier", power)
        self._create("WorkflowRegistry", power, power)
        self.policy = replace(default_policy(self.addresses["AttesterVerifier"]), slash_bps=1000)
        token, registry = self.addresses["AGPT"], self.addresses["WorkflowRegistry"]
        self._create("HeavyComputeArbiter", token, registry, power, self.policy.abi())
        self._create("TimelockController", DAY, [power], [power], power)
        assert set(self.addresses) == set(NAMES)

    def _roles_and_tokens(self) -> None:
        for name, role in (
            ("AGPT", roles.MINTER),
            ("AttesterVerifier", roles.ATTESTER),
            ("HeavyComputeArbiter", roles.GOVERNANCE),
            ("HeavyComputeArbiter", roles.PAUSER),
            ("HeavyComputeArbiter", roles.SCHEDULER),
        ):
            self._send("AccessControl.grantRole", name, "grantRole", role, self.power)
        arbiter = self.addresses["HeavyComputeArbiter"]
        for account in (self.requester, *self.nodes):
            self._send("AGPT.mint", "AGPT", "mint", account, 10**6 * AGPT)
            self._send("AGPT.approve", "AGPT", "approve", arbiter, UINT256_MAX, sender=account)
        self._send("AGPT.transfer", "AGPT", "transfer", self.nodes[0], AGPT, sender=self.requester)

    def _stakes(self) -> None:
        for node in self.nodes:
            self._act("registerNode", URI, sender=node)
            self._act("stake", 1000 * AGPT, sender=node, label="stake: first, ends the jail")
        self._act("stake", AGPT, sender=self.nodes[0], label="stake: more")

    def _tasks(self) -> None:
        node = self.nodes[0]
        self._cancelled = self._post(label="postTask: no backups")
        self._act("cancelTask", self._cancelled, sender=self.requester)
        self._act("claim", sender=self.requester)
        task_id = self._post()
        self._act("assign", task_id, node)
        self._prove(task_id, node, epoch=1, valid=True, label="resolve: completed")
        lapsing = self._post(life_seconds=2 * DAY)
        self._act("assign", lapsing, node)
        self._act("submitProof", lapsing, 1, word(9), sender=node)
        self._wait(DAY + 1)
        self._act("expireVerification", lapsing)
        self._wait(DAY)
        self._act("expireTask", lapsing)

    def _faults(self) -> None:
        failing, backups = self.nodes[0], tuple(self.nodes[1:9])
        alone = self._post()
        self._act("assign", alone, failing)
        self._prove(alone, failing, epoch=1, valid=False, label="resolve: fault, no backups")
        shared = self._post(backups=backups, label="postTask: 8 backups")
        for _ in range(8):
            self._act("requestWithdrawal", 100 * AGPT, sender=failing)
        self._act("assign", shared, failing)
        self._wait(3601)
        # The dearest call there is: queue, eight shares, and the next attempt.
        self._act("expireProof", shared, label="expireProof: 8 backups, queue of 8, reassigned")
        self._prove(shared, backups[0], epoch=2, valid=True, label="resolve: completed, 8 shares")
        self._act("releaseSlashPool", self.requester, AGPT)

    def _withdrawals(self) -> None:
        leaving = self.nodes[9]
        self._act("deregisterNode", sender=leaving)
        self._wait(self.policy.unbonding_seconds)
        self._act("withdraw", sender=leaving, label="withdraw: 1 entry")
        self._act("withdraw", sender=self.nodes[0], label="withdraw: 8 entries")

    def _governance(self) -> None:
        self._act("setPolicy", replace(self.policy, slash_bps=50).abi())
        self._act("pause")
        self._act("unpause")

    def _workflows(self) -> None:
        flow, parent = workflow_id_of(self.requester, "flow"), ZERO_BYTES32
        registry = "WorkflowRegistry"
        self._send("registerWorkflow", registry, "registerWorkflow", "flow", sender=self.requester)
        versions = []
        for content in range(1, 67):
            label = "publishVersion: first" if content == 1 else "publishVersion: next"
            args = (flow, word(content), parent, URI)
            self._send(label, registry, "publishVersion", *args, sender=self.requester)
            parent = version_hash_of(flow, parent, word(content))
            versions.append(parent)
        label = "emergencyRollback: 1 version"
        self._send(label, registry, "emergencyRollback", versions[-2])
        label = "emergencyRollback: 63 versions"
        self._send(label, registry, "emergencyRollback", versions[1])

    # The steps they are made of.

    def _add_account(self, number: int) -> str:
        key = keccak(text=f"gas story {number}")
        account = str(self._tester.add_account("0x" + key.hex())).lower()
        self._transact({"from": self.power, "to": account, "value": 10**20})
        return account

    def _create(self, name: str, *args: Any) -> None:
        code = contract_abi(name).creation_code(args)
        receipt = self._transact({"from": self.power, "data": "0x" + code.hex()})
        self.addresses[name] = str(receipt["contract_address"]).lower()
        self._note(f"deploy {name}", receipt)

    def _post(self, label: str = "postTask: no backups", **fields: Any) -> str:
        self._salts += 1
        request = TaskRequest(salt=word(self._salts), gpu_hours=3, **fields)
        self._act("postTask", request.abi(), sender=self.requester, label=label)
        arbiter = self.addresses["HeavyComputeArbiter"]
        return task_id_of(self._chain_id, arbiter, self.requester, request.salt)

    def _prove(self, task_id: str, node: str, *, epoch: int, valid: bool, label: str) -> None:
        self._act("submitProof", task_id, epoch, word(9), sender=node)
        claim = (task_id, epoch, node, self.requester, ZERO_BYTES32, word(9))
        arbiter = self.addresses["HeavyComputeArbiter"]
        self._send("attest", "AttesterVerifier", "attest", arbiter, claim, valid)
        self._act("resolve", task_id, epoch, b"", label=label)

    def _act(self, function: str, *args: Any, sender: str = "", label: str = "") -> None:
        self._send(label or function, "HeavyComputeArbiter", function, *args, sender=sender)

    def _send(self, label: str, contract: str, function: str, *args: Any, sender: str = "") -> None:
        abi: ContractAbi = contract_abi(contract)
        receipt = self._transact(
            {
                "from": sender or self.power,
                "to": self.addresses[contract],
                "data": "0x" + abi.calldata(function, args).hex(),
            }
        )
        self._note(label, receipt)

    def _note(self, label: str, receipt: dict[str, Any]) -> None:
        """Keep the highest cost of an operation."""
        self.gas[label] = max(self.gas.get(label, 0), int(receipt["gas_used"]))

    def _transact(self, fields: dict[str, Any]) -> dict[str, Any]:
        filled = {"gas": GAS_LIMIT, "gas_price": GAS_PRICE, "data": "0x", **fields}
        digest = self._tester.send_transaction(filled)
        receipt: dict[str, Any] = self._tester.get_transaction_receipt(digest)
        assert receipt["status"] == 1, fields
        return receipt

    def _wait(self, seconds: int) -> None:
        block = self._tester.get_block_by_number("latest")
        self._tester.time_travel(block["timestamp"] + seconds)

    @property
    def _chain_id(self) -> int:
        return int(self._tester.backend.chain.chain_id)


def write(path: Path = SNAPSHOT) -> None:
    """Measure and write the snapshot."""
    path.write_text(json.dumps(Story().run(), indent=2, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    write()
