// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Besu node permissioning, version 2: may this node be connected to?
interface INodePermissioning {
    /// @notice Asked by each Besu node for both ends of a connection. `enodeId` is the node's public key in 128
    /// hexadecimal digits; anything else is not allowed. Address and port are not looked at: they are not authentic.
    function connectionAllowed(string calldata enodeId, string calldata ip, uint16 port) external view returns (bool);

    /// @notice The account that belongs to a node's key, or the zero address where `enodeId` is no key.
    function accountOf(string calldata enodeId) external pure returns (address);
}
