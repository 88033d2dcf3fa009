"""Finality policies: what is shipped, which one a chain gets, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.finality.policies import policy_for, policy_named, shipped_policies
from domain.chain.finality import (
    CAUTIOUS,
    FinalityContradicted,
    FinalityHeights,
    FinalityPolicy,
    heights_of,
)
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import BlockNumber, ChainId

OWN = """
name = "own"
version = 3
chain_ids = [31337]
[safe]
tag = "latest"
confirmations = 4
[final]
confirmations = 9
"""


def own(folder: Path, text: str = OWN) -> FinalityPolicy:
    path = folder / "own.toml"
    path.write_text(text)
    return policy_named(str(path))


@pytest.mark.parametrize(
    ("chain_id", "name"),
    [
        (1, "ethereum"),
        (137, "polygon-pos"),
        (43114, "avalanche-c"),
        (42161, "arbitrum"),
        (1284, "polkadot-evm"),
        (31337, "anvil"),
        (1337, "eth-tester"),
        (999_999_999, "cautious"),
    ],
)
def test_a_chain_gets_the_policy_of_its_id(chain_id: int, name: str) -> None:
    assert policy_for(ChainId(chain_id)).name == name


def test_shipped_policies_name_their_sources_and_share_no_chain() -> None:
    policies = shipped_policies()
    assert {"cosmos-evm", "polkadot-evm", "hardhat"} <= {policy.name for policy in policies}
    assert all(policy.sources and policy.notes for policy in policies)
    ids = [chain_id for policy in policies for chain_id in policy.chain_ids]
    assert len(ids) == len(set(ids))


def test_a_policy_is_taken_by_name_or_from_a_file(tmp_path: Path) -> None:
    assert policy_named("hardhat").name == "hardhat"
    assert policy_named("cautious") == CAUTIOUS
    policy = own(tmp_path)
    assert (policy.name, policy.version, policy.tags) == ("own", 3, ("latest",))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (OWN.replace('tag = "latest"\nconfirmations = 4', 'tag = "sure"'), "names the tag `sure`"),
        (OWN.replace("confirmations = 9", "confirmations = 0"), "neither tag nor confirmations"),
        (OWN.replace("confirmations = 9", "confirmations = -1"), "wants -1 confirmations"),
        (OWN.replace("confirmations = 9", 'confirmations = "9"'), "confirmations"),
        (OWN.replace("version = 3", "version = 0"), "version 0"),
        (OWN.replace('"own"', '"ethereum"'), "shipped policy with other rules"),
        (OWN.replace("[final]", "[finally]"), "final"),
        (OWN + "extra = 1\n", "extra"),
        (
            OWN.replace('tag = "latest"\nconfirmations = 4', "confirmations = 10"),
            "final before it calls them safe",
        ),
        ("not toml", "is not a finality policy"),
    ],
)
def test_a_file_that_is_no_policy_is_refused_in_one_sentence(
    tmp_path: Path, wrong: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        own(tmp_path, wrong)
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_name_that_is_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="neither a finality policy nor a file"):
        policy_named(str(tmp_path / "missing.toml"))


def heights(policy: FinalityPolicy, head: int, **tags: int) -> FinalityHeights:
    return heights_of(policy, BlockNumber(head), {tag: BlockNumber(at) for tag, at in tags.items()})


def test_tags_and_confirmations_count_together(tmp_path: Path) -> None:
    assert heights(own(tmp_path), 100, latest=100) == FinalityHeights(96, 91)
    assert heights(own(tmp_path), 3, latest=3) == FinalityHeights(-1, -1)
    ethereum = policy_named("ethereum")
    assert heights(ethereum, 100, safe=68, finalized=36) == FinalityHeights(68, 36)
    assert heights(ethereum, 100) == FinalityHeights(-1, -1)


def test_a_policy_that_contradicts_the_chain_is_refused() -> None:
    with pytest.raises(FinalityContradicted, match="newest block is 100"):
        heights(policy_named("ethereum"), 100, safe=101, finalized=36)
    with pytest.raises(FinalityContradicted, match="only 30 is safe"):
        heights(policy_named("ethereum"), 100, safe=30, finalized=36)
