// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IChannelAdmission} from "./interfaces/IChannelAdmission.sol";

/// @title Admissions of accounts to channels
/// @notice The one place where the chain learns of the gate's decisions; every other contract asks here.
contract ChannelAdmission is IChannelAdmission, AccessControl {
    /// @notice Held by the gates: they alone admit and withdraw.
    bytes32 public constant GATE_ROLE = keccak256("GATE_ROLE");
    /// @notice Longest admission, in seconds (domain catalogue: an admission lasts at most a year).
    uint64 public constant LONGEST = 366 days;
    /// @notice Most entries in one batch.
    uint256 public constant BATCH_MOST = 200;

    // The times share one slot, so that the check reads once.
    struct Admission {
        uint64 until;
        uint64 admittedAt;
        bytes32 receipt;
    }

    mapping(bytes32 channel => mapping(address account => Admission)) private _admissions;
    // 0: unseen. 1: spent. Otherwise the digest of the account and channel it admits.
    mapping(bytes32 receipt => bytes32 use) private _receipts;
    bytes32 private constant SPENT = bytes32(uint256(1));

    /// @param admin may grant and take the gate role; nothing else.
    /// @param gate the first gate.
    constructor(address admin, address gate) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(GATE_ROLE, gate);
    }

    /// @inheritdoc IChannelAdmission
    function admit(address account, bytes32 channel, uint64 until, bytes32 receipt) external onlyRole(GATE_ROLE) {
        _admit(account, channel, until, receipt);
    }

    /// @inheritdoc IChannelAdmission
    function admitBatch(AdmissionInput[] calldata inputs) external onlyRole(GATE_ROLE) {
        _checkBatch(inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            AdmissionInput calldata input = inputs[i];
            _admit(input.account, input.channel, input.until, input.receipt);
        }
    }

    /// @inheritdoc IChannelAdmission
    function withdraw(address account, bytes32 channel) external onlyRole(GATE_ROLE) returns (bool ended) {
        return _withdraw(account, channel);
    }

    /// @inheritdoc IChannelAdmission
    function withdrawBatch(AdmissionKey[] calldata keys) external onlyRole(GATE_ROLE) returns (uint256 ended) {
        _checkBatch(keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            if (_withdraw(keys[i].account, keys[i].channel)) ++ended;
        }
    }

    /// @inheritdoc IChannelAdmission
    function isAdmitted(address account, bytes32 channel) external view returns (bool) {
        return _admissions[channel][account].until > block.timestamp;
    }

    /// @inheritdoc IChannelAdmission
    function admissionOf(address account, bytes32 channel) external view returns (uint64 until, uint64 admittedAt, bytes32 receipt) {
        Admission storage admission = _admissions[channel][account];
        return (admission.until, admission.admittedAt, admission.receipt);
    }

    function _admit(address account, bytes32 channel, uint64 until, bytes32 receipt) private {
        if (account == address(0)) revert ChannelAdmissionZeroAccount();
        if (channel == bytes32(0)) revert ChannelAdmissionZeroChannel();
        if (receipt == bytes32(0)) revert ChannelAdmissionReceiptMissing();
        uint64 instant = uint64(block.timestamp);
        if (until <= instant) revert ChannelAdmissionUntilPast(until, instant);
        if (until > instant + LONGEST) revert ChannelAdmissionTooLong(until, instant + LONGEST);

        bytes32 use = keccak256(abi.encode(account, channel));
        bytes32 known = _receipts[receipt];
        if (known == SPENT) revert ChannelAdmissionReceiptSpent(receipt);
        if (known != bytes32(0) && known != use) revert ChannelAdmissionReceiptTaken(receipt);

        Admission storage admission = _admissions[channel][account];
        if (admission.receipt == receipt && admission.until == until) return;
        // A renewal brings a new decision; the one it replaces can admit nobody again.
        if (admission.receipt != bytes32(0) && admission.receipt != receipt) _receipts[admission.receipt] = SPENT;
        if (known == bytes32(0)) _receipts[receipt] = use;
        admission.until = until;
        admission.admittedAt = instant;
        admission.receipt = receipt;
        emit AdmissionGranted(account, channel, msg.sender, until, receipt);
    }

    function _withdraw(address account, bytes32 channel) private returns (bool) {
        bytes32 receipt = _admissions[channel][account].receipt;
        if (receipt == bytes32(0)) return false;
        _receipts[receipt] = SPENT;
        delete _admissions[channel][account];
        emit AdmissionWithdrawn(account, channel, msg.sender, receipt);
        return true;
    }

    function _checkBatch(uint256 size) private pure {
        if (size == 0 || size > BATCH_MOST) revert ChannelAdmissionBatchSize(size, BATCH_MOST);
    }
}
