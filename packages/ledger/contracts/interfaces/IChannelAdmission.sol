// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who may act in which channel, and until when
/// @notice An admission exists only as the result of a decision of the gate; `receipt` names the audit record of that
/// decision. No personal data: an account, a channel, a time and a digest.
interface IChannelAdmission {
    /// @notice One admission as the gate writes it.
    struct AdmissionInput {
        address account;
        bytes32 channel;
        uint64 until;
        bytes32 receipt;
    }

    /// @notice An account and a channel it is withdrawn from.
    struct AdmissionKey {
        address account;
        bytes32 channel;
    }

    /// @notice `account` may act in `channel` until `until` (exclusive), decided by `gate`.
    event AdmissionGranted(address indexed account, bytes32 indexed channel, address indexed gate, uint64 until, bytes32 receipt);
    /// @notice `account` may no longer act in `channel`; the receipt is spent.
    event AdmissionWithdrawn(address indexed account, bytes32 indexed channel, address indexed gate, bytes32 receipt);

    /// @dev The account is the zero address.
    error ChannelAdmissionZeroAccount();
    /// @dev The channel is zero.
    error ChannelAdmissionZeroChannel();
    /// @dev The receipt is zero: no receipt, no grant.
    error ChannelAdmissionReceiptMissing();
    /// @dev The receipt stood behind an admission that was withdrawn; a new decision is needed.
    error ChannelAdmissionReceiptSpent(bytes32 receipt);
    /// @dev The receipt stands behind another account or channel.
    error ChannelAdmissionReceiptTaken(bytes32 receipt);
    /// @dev The end is not in the future.
    error ChannelAdmissionUntilPast(uint64 until, uint64 instant);
    /// @dev The end is further away than an admission may last.
    error ChannelAdmissionTooLong(uint64 until, uint64 latest);
    /// @dev A batch holds nothing, or more than `most` entries.
    error ChannelAdmissionBatchSize(uint256 size, uint256 most);

    /// @notice Writes an admission; the same input again changes nothing.
    function admit(address account, bytes32 channel, uint64 until, bytes32 receipt) external;

    /// @notice Writes several admissions, all or none.
    function admitBatch(AdmissionInput[] calldata inputs) external;

    /// @notice Ends an admission at once. Returns whether there was one to end.
    function withdraw(address account, bytes32 channel) external returns (bool ended);

    /// @notice Ends several admissions; those that do not exist are passed over.
    function withdrawBatch(AdmissionKey[] calldata keys) external returns (uint256 ended);

    /// @notice Whether `account` may act in `channel` in this block.
    function isAdmitted(address account, bytes32 channel) external view returns (bool);

    /// @notice The admission as written, ended or not; zeros when there is none.
    function admissionOf(address account, bytes32 channel) external view returns (uint64 until, uint64 admittedAt, bytes32 receipt);
}
