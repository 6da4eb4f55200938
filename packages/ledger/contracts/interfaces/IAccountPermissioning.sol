// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Besu account permissioning (EEA client specification): may this transaction enter a block?
interface IAccountPermissioning {
    /// @notice Calls to `target` need an admission to one of `channels`.
    event TargetOpened(address indexed target, bytes32[] channels);

    /// @dev A target is open to more channels than are looked up.
    error AccountPermissioningTooManyChannels(uint256 count, uint256 most);
    /// @dev A channel is zero.
    error AccountPermissioningZeroChannel();

    /// @notice Says which channels open a target; none closes it. The zero address stands for the creation of contracts.
    function openTarget(address target, bytes32[] calldata channels) external;

    /// @notice The channels that open a target.
    function channelsOf(address target) external view returns (bytes32[] memory);

    /// @notice Asked by each Besu node for each transaction.
    function transactionAllowed(address sender, address target, uint256 value, uint256 gasPrice, uint256 gasLimit, bytes calldata payload) external view returns (bool);
}
