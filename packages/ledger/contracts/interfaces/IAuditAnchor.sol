// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Checkpoints of audit logs
/// @notice A log's writer anchors its tree head; each must be an extension of the one before, shown by a consistency
/// proof (RFC 9162, 2.1.4). Whoever rewrites the log cannot anchor it again, and cannot date it back.
interface IAuditAnchor {
    /// @notice A tree head and the block time at which the chain learned of it.
    struct Checkpoint {
        bytes32 root;
        uint64 size;
        uint64 anchoredAt;
    }

    /// @notice A log may be anchored by `writer`.
    event LogRegistered(bytes32 indexed log, address indexed writer);
    /// @notice A tree head was anchored.
    event CheckpointAnchored(bytes32 indexed log, uint256 indexed index, uint64 size, bytes32 root);

    /// @dev The log is not registered.
    error AuditAnchorLogUnknown(bytes32 log);
    /// @dev The writer is the zero address.
    error AuditAnchorZeroWriter();
    /// @dev The caller is not the log's writer.
    error AuditAnchorNotWriter(bytes32 log, address caller);
    /// @dev The tree did not grow.
    error AuditAnchorNotGrowing(uint64 size, uint64 last);
    /// @dev The root is zero.
    error AuditAnchorZeroRoot();
    /// @dev The proof does not show that the new tree extends the last one.
    error AuditAnchorInconsistent(bytes32 log, uint64 from, uint64 to);
    /// @dev No checkpoint covers the leaf yet.
    error AuditAnchorNotCovered(bytes32 log, uint64 leaf);

    /// @notice Names the writer of a log, or replaces it.
    function registerLog(bytes32 log, address writer) external;

    /// @notice Anchors the next tree head. `proof` leads from the last anchored one; empty for the first.
    function anchor(bytes32 log, uint64 size, bytes32 root, bytes32[] calldata proof) external;

    /// @notice How many checkpoints the log has here.
    function checkpointCount(bytes32 log) external view returns (uint256);

    /// @notice The checkpoint at `index`, oldest first.
    function checkpointAt(bytes32 log, uint256 index) external view returns (Checkpoint memory);

    /// @notice The newest checkpoint; reverts when there is none.
    function latest(bytes32 log) external view returns (Checkpoint memory);

    /// @notice The first checkpoint that covers the leaf: an entry whose inclusion in its root is proven existed at
    /// `anchoredAt` at the latest. The size alone proves nothing: a root does not commit to it (RFC 9162).
    function firstCovering(bytes32 log, uint64 leaf) external view returns (Checkpoint memory);

    /// @notice The account that may anchor the log.
    function writerOf(bytes32 log) external view returns (address);
}
