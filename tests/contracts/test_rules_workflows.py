"""Versions are only ever added, and a rollback goes back to where it says, once and for good."""

from __future__ import annotations

from functools import partial

import pytest

from tests.contracts.actors import GOVERNOR, REQUESTER, STRANGER, word
from tests.contracts.evm import only
from tests.contracts.network import Network, refused
from tests.contracts.reference.facts import ZERO_BYTES32, Log
from tests.contracts.reference.registry import (
    UNSAFE_ROLLBACK,
    version_hash_of,
    workflow_id_of,
)

FLOW = workflow_id_of(REQUESTER, "flow")
OTHER = workflow_id_of(STRANGER, "flow")


@pytest.fixture
def net() -> Network:
    network = Network()
    for owner in (REQUESTER, STRANGER):
        network.send(network.registry, "registerWorkflow", "flow", sender=owner)
    return network


def publish(
    net: Network,
    content: int,
    expected: str | None = None,
    *,
    flow: str = FLOW,
    owner: str = REQUESTER,
) -> str:
    """Publish on the active version, or on the expected one; return the hash of the new version."""
    parent = active(net, flow) if expected is None else expected
    args = (flow, word(content), parent, "")
    logs = net.send(net.registry, "publishVersion", *args, sender=owner)
    return str(only(logs, "VersionPublished").args["versionHash"])


def active(net: Network, flow: str = FLOW) -> str:
    return str(net.chain.read(net.registry, "activeVersionOf", flow))


def roll_back(net: Network, version_hash: str) -> list[Log]:
    return net.send(net.registry, "emergencyRollback", version_hash, sender=GOVERNOR)


def is_safe(net: Network, version_hash: str) -> bool:
    return bool(net.chain.read(net.registry, "validateRollbackSafety", version_hash))


def test_a_version_hash_commits_to_its_whole_history(net: Network) -> None:
    first = publish(net, 1)
    second = publish(net, 2)
    assert first == version_hash_of(FLOW, ZERO_BYTES32, word(1))
    assert second == version_hash_of(FLOW, first, word(2))
    assert net.chain.read(net.registry, "previousVersions", second) == first
    assert net.chain.read(net.registry, "previousVersions", first) == ZERO_BYTES32
    # The same content on another parent is another version.
    assert publish(net, 1) == version_hash_of(FLOW, second, word(1))


def test_a_publish_prepared_before_a_rollback_cannot_undo_it(net: Network) -> None:
    first, second = publish(net, 1), publish(net, 2)
    roll_back(net, first)
    assert refused(lambda: publish(net, 3, expected=second)) == "StaleActiveVersion"
    assert active(net) == first


def test_rollback_takes_only_a_known_unrevoked_ancestor(net: Network) -> None:
    first, second, third = (publish(net, content) for content in (1, 2, 3))
    foreign = publish(net, 1, flow=OTHER, owner=STRANGER)
    for target in (word(404), ZERO_BYTES32, third, FLOW, foreign):
        assert not is_safe(net, target)
        assert refused(partial(roll_back, net, target)) == UNSAFE_ROLLBACK
    roll_back(net, second)
    # What was rolled over never becomes active again, not even from a version published since.
    publish(net, 4)
    for target in (third, active(net)):
        assert not is_safe(net, target)
        assert refused(partial(roll_back, net, target)) == UNSAFE_ROLLBACK
    assert is_safe(net, first)
    assert is_safe(net, second)


def test_a_rollback_revokes_what_it_skips_newest_first(net: Network) -> None:
    first, second, third = (publish(net, content) for content in (1, 2, 3))
    logs = roll_back(net, first)
    assert [log.event for log in logs] == [
        "VersionRevoked",
        "VersionRevoked",
        "RolledBack",
        "VersionChanged",
    ]
    assert [log.args["versionHash"] for log in logs[:2]] == [third, second]
    assert logs[2].args["revokedCount"] == 2
    assert logs[3].args == {"activeVersion": third, "versionHash": first}
    for version_hash, revoked in ((first, False), (second, True), (third, True)):
        assert net.chain.read(net.registry, "version", version_hash)["revoked"] is revoked


def test_a_rollback_to_a_version_lands_on_it_and_not_on_its_parent(net: Network) -> None:
    _, second, _ = (publish(net, content) for content in (1, 2, 3))
    roll_back(net, second)
    assert active(net) == second


def test_history_goes_on_after_a_rollback_and_forgets_nothing(net: Network) -> None:
    first, second = publish(net, 1), publish(net, 2)
    roll_back(net, first)
    third = publish(net, 3)
    assert net.chain.read(net.registry, "previousVersions", third) == first
    assert net.chain.read(net.registry, "version", third)["sequence"] == 3
    assert net.chain.read(net.registry, "version", second)["contentHash"] == word(2)
    # The revoked content may come again, on another parent, under another hash.
    assert publish(net, 2) != second


def test_a_rollback_reaches_64_versions_back_and_not_65(net: Network) -> None:
    versions = [publish(net, content) for content in range(1, 67)]
    assert not is_safe(net, versions[0])
    assert refused(lambda: roll_back(net, versions[0])) == UNSAFE_ROLLBACK
    assert is_safe(net, versions[1])
    assert only(roll_back(net, versions[1]), "RolledBack").args["revokedCount"] == 64


def test_a_rollback_of_one_workflow_leaves_the_others_alone(net: Network) -> None:
    first = publish(net, 1)
    publish(net, 2)
    foreign = publish(net, 1, flow=OTHER, owner=STRANGER)
    roll_back(net, first)
    assert active(net, OTHER) == foreign


def test_names_belong_to_their_owner(net: Network) -> None:
    assert FLOW != OTHER
    told = net.chain.read(net.registry, "workflow", OTHER)
    assert told == {"owner": STRANGER, "versions": 0, "activeVersion": ZERO_BYTES32}
