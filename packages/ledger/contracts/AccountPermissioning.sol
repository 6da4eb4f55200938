// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Admitted} from "./Admitted.sol";
import {IAccountPermissioning} from "./interfaces/IAccountPermissioning.sol";
import {IChannelAdmission} from "./interfaces/IChannelAdmission.sol";

/// @title Transactions of admitted accounts, and no others
contract AccountPermissioning is IAccountPermissioning, Admitted, AccessControl {
    /// @notice Held by the gates and the operator, whose transactions are what admissions come from.
    bytes32 public constant SYSTEM_ROLE = keccak256("SYSTEM_ROLE");
    /// @notice Most channels of one target; bounds the work for each transaction.
    uint256 public constant CHANNELS_MOST = 8;

    mapping(address target => bytes32[]) private _channels;

    /// @param admin opens targets and names system accounts.
    /// @param gate the first system account besides the admin.
    constructor(IChannelAdmission registry, address admin, address gate) Admitted(registry) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(SYSTEM_ROLE, admin);
        _grantRole(SYSTEM_ROLE, gate);
    }

    /// @inheritdoc IAccountPermissioning
    function openTarget(address target, bytes32[] calldata channels) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (channels.length > CHANNELS_MOST) revert AccountPermissioningTooManyChannels(channels.length, CHANNELS_MOST);
        for (uint256 i = 0; i < channels.length; ++i) {
            if (channels[i] == bytes32(0)) revert AccountPermissioningZeroChannel();
        }
        _channels[target] = channels;
        emit TargetOpened(target, channels);
    }

    /// @inheritdoc IAccountPermissioning
    function channelsOf(address target) external view returns (bytes32[] memory) {
        return _channels[target];
    }

    /// @inheritdoc IAccountPermissioning
    function transactionAllowed(address sender, address target, uint256, uint256, uint256, bytes calldata) external view returns (bool) {
        if (hasRole(SYSTEM_ROLE, sender)) return true;
        bytes32[] storage channels = _channels[target];
        for (uint256 i = 0; i < channels.length; ++i) {
            if (admissions.isAdmitted(sender, channels[i])) return true;
        }
        return false;
    }
}
