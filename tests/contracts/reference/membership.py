"""The arbiter's entry points for nodes and their stake."""

from __future__ import annotations

from tests.contracts.reference.books import Books, log
from tests.contracts.reference.facts import UINT128_MAX, Log, broken, refuse, refuse_any
from tests.contracts.reference.stakes import QUEUE_LIMIT, NodeStatus

URI_BYTES = 256


class Membership(Books):
    """Joining, leaving, staking and withdrawing."""

    def register_node(self, sender: str, uri: str) -> list[Log]:
        node = self.nodes[sender]
        refuse(
            EnforcedPause=self.paused,
            TextTooLong=len(uri.encode()) > URI_BYTES,
            WrongNodeStatus=node.status in (NodeStatus.ACTIVE, NodeStatus.JAILED),
        )
        node.status = NodeStatus.ACTIVE
        logs = [log("NodeRegistered", node=sender, metadataURI=uri)]
        return logs + self._jail_if_short(sender)

    def deregister_node(self, sender: str, now: int) -> list[Log]:
        node = self.nodes[sender]
        refuse(
            WrongNodeStatus=node.status not in (NodeStatus.ACTIVE, NodeStatus.JAILED),
            NodeBusy=node.is_busy,
            WithdrawalQueueFull=node.available > 0 and len(node.queue) >= QUEUE_LIMIT,
        )
        node.status = NodeStatus.EXITED
        logs = self._queue(sender, node.available, now) if node.available else []
        return [*logs, log("NodeDeregistered", node=sender)]

    def stake(self, sender: str, amount: int) -> list[Log]:
        node = self.nodes[sender]
        refuse_any(
            broken(
                ZeroAmount=amount == 0,
                WrongNodeStatus=node.status in (NodeStatus.UNKNOWN, NodeStatus.EXITED),
                SafeCastOverflowedUintDowncast=amount > UINT128_MAX,
            )
            | self.token.why_not_pull(self.address, sender, amount)
        )
        paid = self.token.pull(self.address, sender, amount)
        node.available += amount
        logs = [log("Staked", node=sender, amount=amount, balance=node.logged())]
        if node.status is NodeStatus.JAILED and node.working_stake >= self.policy.min_stake:
            node.status = NodeStatus.ACTIVE
            logs.append(self._status_log("NodeUnjailed", sender))
        return paid + logs

    def request_withdrawal(self, sender: str, amount: int, now: int) -> list[Log]:
        node = self.nodes[sender]
        refuse(
            ZeroAmount=amount == 0,
            WrongNodeStatus=node.status in (NodeStatus.UNKNOWN, NodeStatus.EXITED),
            InsufficientStake=amount > node.available,
            WithdrawalQueueFull=len(node.queue) >= QUEUE_LIMIT,
        )
        return self._queue(sender, amount, now) + self._jail_if_short(sender)

    def withdraw(self, sender: str, now: int) -> list[Log]:
        node = self.nodes[sender]
        mature = [entry for entry in node.queue if entry.is_mature(now)]
        refuse(NothingToWithdraw=not mature)
        logs = []
        for entry in mature:
            node.queue.remove(entry)
            logs.append(
                log(
                    "StakeWithdrawn",
                    node=sender,
                    withdrawalId=entry.withdrawal_id,
                    amount=entry.amount,
                    balance=node.logged(),
                )
            )
        return logs + self._pay(sender, sum(entry.amount for entry in mature))
