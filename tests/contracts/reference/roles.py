"""Who may do what on one contract."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tests.contracts.reference.facts import ZERO_BYTES32, Log, broken, refuse, refuse_any

ADMIN = ZERO_BYTES32


def role_id(name: str) -> str:
    """Return the identifier of a role: the hash of its name."""
    return "0x" + keccak(text=name).hex()


GOVERNANCE = role_id("GOVERNANCE_ROLE")
PAUSER = role_id("PAUSER_ROLE")
SCHEDULER = role_id("SCHEDULER_ROLE")
MINTER = role_id("MINTER_ROLE")
ATTESTER = role_id("ATTESTER_ROLE")


class Roles:
    """The roles of one contract; the admin role rules all of them."""

    def __init__(self, contract: str) -> None:
        self.contract = contract
        self.held: set[tuple[str, str]] = set()

    def has(self, role: str, account: str) -> bool:
        return (role, account) in self.held

    def missing(self, role: str, account: str) -> set[str]:
        """Return the reason why the account may not do what the role may, if there is one."""
        return broken(AccessControlUnauthorizedAccount=not self.has(role, account))

    def grant(self, sender: str, role: str, account: str) -> list[Log]:
        refuse_any(self.missing(ADMIN, sender))
        if self.has(role, account):
            return []
        self.held.add((role, account))
        return [self._log("RoleGranted", role, account, sender)]

    def revoke(self, sender: str, role: str, account: str) -> list[Log]:
        refuse_any(self.missing(ADMIN, sender))
        return self._drop(sender, role, account)

    def renounce(self, sender: str, role: str, account: str) -> list[Log]:
        refuse(AccessControlBadConfirmation=sender != account)
        return self._drop(sender, role, account)

    def _drop(self, sender: str, role: str, account: str) -> list[Log]:
        if not self.has(role, account):
            return []
        self.held.remove((role, account))
        return [self._log("RoleRevoked", role, account, sender)]

    def _log(self, event: str, role: str, account: str, sender: str) -> Log:
        return Log(self.contract, event, {"role": role, "account": account, "sender": sender})
