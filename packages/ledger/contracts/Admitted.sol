// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IChannelAdmission} from "./interfaces/IChannelAdmission.sol";

/// @title Base of every contract that is open to admitted accounts only
abstract contract Admitted {
    /// @notice Where the gate's decisions are written.
    IChannelAdmission public immutable admissions;

    /// @dev The account may not act in the channel.
    error AdmittedNotAdmitted(address account, bytes32 channel);
    /// @dev There is no contract at the address of the admissions.
    error AdmittedRegistryMissing(address registry);

    constructor(IChannelAdmission registry) {
        if (address(registry).code.length == 0) revert AdmittedRegistryMissing(address(registry));
        admissions = registry;
    }

    /// @dev Asks about the direct caller: a contract acts for itself, never for whoever called it.
    modifier onlyAdmitted(bytes32 channel) {
        _checkAdmitted(msg.sender, channel);
        _;
    }

    function _checkAdmitted(address account, bytes32 channel) internal view {
        if (!admissions.isAdmitted(account, channel)) revert AdmittedNotAdmitted(account, channel);
    }
}
