// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {AGPT} from "../src/AGPT.sol";
import {AttesterVerifier} from "../src/AttesterVerifier.sol";
import {HeavyComputeArbiter} from "../src/HeavyComputeArbiter.sol";
import {WorkflowRegistry} from "../src/WorkflowRegistry.sol";
import {Policy} from "../src/interfaces/IHeavyComputeArbiter.sol";
import {Mini} from "./Mini.sol";

/// @notice A deployed network whose every role is held by this contract.
abstract contract Network is Mini {
    AGPT internal token;
    AttesterVerifier internal verifier;
    HeavyComputeArbiter internal arbiter;

    function _deploy() internal {
        token = new AGPT(address(this), 1e27);
        verifier = new AttesterVerifier(address(this));
        WorkflowRegistry registry = new WorkflowRegistry(address(this), address(this));
        arbiter = new HeavyComputeArbiter(IERC20(address(token)), registry, address(this), _policy());
        token.grantRole(token.MINTER_ROLE(), address(this));
        verifier.grantRole(verifier.ATTESTER_ROLE(), address(this));
        arbiter.grantRole(arbiter.GOVERNANCE_ROLE(), address(this));
        arbiter.grantRole(arbiter.SCHEDULER_ROLE(), address(this));
    }

    /// @dev A steep slash and odd rates, so that rounding and the withdrawal queue are reached.
    function _policy() internal view returns (Policy memory) {
        return Policy({
            gpuRate: 3e16 + 7,
            memoryRate: 1e14 + 3,
            minStake: 1e18,
            slashBps: 997,
            unbondingSeconds: 2 days,
            minProofSeconds: 60,
            maxProofSeconds: 1 days,
            verifySeconds: 1 days,
            maxTaskSeconds: 30 days,
            verifier: verifier
        });
    }
}
