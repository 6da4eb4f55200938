// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Admitted} from "./Admitted.sol";
import {IChannelAdmission} from "./interfaces/IChannelAdmission.sol";
import {INodePermissioning} from "./interfaces/INodePermissioning.sol";

/// @title Nodes of admitted organisations, and no others
/// @notice A node's key is an account like any other: its organisation admits it to the channel of the nodes by a
/// presentation and a signature of the node key. No second list is kept.
contract NodePermissioning is INodePermissioning, Admitted, AccessControl {
    /// @notice The channel that admits nodes: keccak256 of "ledger_node".
    bytes32 public constant NODE_CHANNEL = keccak256("ledger_node");
    /// @notice Nodes that may connect without an admission: the first validators, without which nothing could be written.
    bytes32 public constant FOUNDER_ROLE = keccak256("FOUNDER_ROLE");

    /// @param admin names the founders.
    constructor(IChannelAdmission registry, address admin) Admitted(registry) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// @inheritdoc INodePermissioning
    function connectionAllowed(string calldata enodeId, string calldata, uint16) external view returns (bool) {
        address account = accountOf(enodeId);
        if (account == address(0)) return false;
        return hasRole(FOUNDER_ROLE, account) || admissions.isAdmitted(account, NODE_CHANNEL);
    }

    /// @inheritdoc INodePermissioning
    function accountOf(string calldata enodeId) public pure returns (address) {
        bytes calldata digits = bytes(enodeId);
        if (digits.length != 128) return address(0);
        bytes memory key = new bytes(64);
        for (uint256 i = 0; i < 64; ++i) {
            uint8 high = _digit(digits[2 * i]);
            uint8 low = _digit(digits[2 * i + 1]);
            if (high > 15 || low > 15) return address(0);
            key[i] = bytes1(high * 16 + low);
        }
        return address(uint160(uint256(keccak256(key))));
    }

    function _digit(bytes1 character) private pure returns (uint8) {
        uint8 code = uint8(character);
        if (code >= 48 && code <= 57) return code - 48;
        if (code >= 97 && code <= 102) return code - 87;
        if (code >= 65 && code <= 70) return code - 55;
        return 255;
    }
}
