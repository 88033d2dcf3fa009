// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title AGPT
/// @notice The token of the network: ERC-20 with permit, 18 decimals, minted by minters up to a cap that never changes.
/// @dev Warning: a minter can dilute every holder up to the cap; the role belongs to a contract or a timelock.
contract AGPT is ERC20, ERC20Permit, AccessControl {
    /// @notice May mint.
    bytes32 public constant MINTER_ROLE = keccak256("MINTER_ROLE");

    /// @notice The supply never exceeds this, in wei.
    uint256 public immutable CAP;

    /// @notice Minting `amount` would pass the cap; `room` is left.
    error CapExceeded(uint256 amount, uint256 room);
    /// @notice The zero address has no meaning here.
    error ZeroAddress();

    /// @param admin Grants and revokes roles.
    /// @param cap The highest supply, in wei.
    constructor(address admin, uint256 cap) ERC20("AgentGPT", "AGPT") ERC20Permit("AgentGPT") {
        require(admin != address(0), ZeroAddress());
        CAP = cap;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @notice Creates `amount` wei for `to`. Minters only.
    function mint(address to, uint256 amount) external onlyRole(MINTER_ROLE) {
        uint256 room = CAP - totalSupply();
        require(amount <= room, CapExceeded(amount, room));
        _mint(to, amount);
    }
}
