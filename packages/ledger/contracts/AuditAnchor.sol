// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAuditAnchor} from "./interfaces/IAuditAnchor.sol";

/// @title Append-only checkpoints, each proven to extend the last
contract AuditAnchor is IAuditAnchor, AccessControl {
    /// @notice Held by the operator of the ledger: names the writers of logs.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    mapping(bytes32 log => address) private _writers;
    mapping(bytes32 log => Checkpoint[]) private _checkpoints;

    /// @param admin may grant and take the registrar role.
    /// @param registrar names the first writers.
    constructor(address admin, address registrar) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(REGISTRAR_ROLE, registrar);
    }

    /// @inheritdoc IAuditAnchor
    function registerLog(bytes32 log, address writer) external onlyRole(REGISTRAR_ROLE) {
        if (writer == address(0)) revert AuditAnchorZeroWriter();
        _writers[log] = writer;
        emit LogRegistered(log, writer);
    }

    /// @inheritdoc IAuditAnchor
    function anchor(bytes32 log, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        address writer = _writers[log];
        if (writer == address(0)) revert AuditAnchorLogUnknown(log);
        if (writer != msg.sender) revert AuditAnchorNotWriter(log, msg.sender);
        if (root == bytes32(0)) revert AuditAnchorZeroRoot();
        Checkpoint[] storage checkpoints = _checkpoints[log];
        uint256 count = checkpoints.length;
        if (count == 0) {
            if (size == 0) revert AuditAnchorNotGrowing(size, 0);
        } else {
            Checkpoint storage last = checkpoints[count - 1];
            if (size <= last.size) revert AuditAnchorNotGrowing(size, last.size);
            if (!_extends(last.size, last.root, size, root, proof)) revert AuditAnchorInconsistent(log, last.size, size);
        }
        checkpoints.push(Checkpoint({root: root, size: size, anchoredAt: uint64(block.timestamp)}));
        emit CheckpointAnchored(log, count, size, root);
    }

    /// @inheritdoc IAuditAnchor
    function checkpointCount(bytes32 log) external view returns (uint256) {
        return _checkpoints[log].length;
    }

    /// @inheritdoc IAuditAnchor
    function checkpointAt(bytes32 log, uint256 index) external view returns (Checkpoint memory) {
        return _checkpoints[log][index];
    }

    /// @inheritdoc IAuditAnchor
    function latest(bytes32 log) external view returns (Checkpoint memory) {
        uint256 count = _checkpoints[log].length;
        if (count == 0) revert AuditAnchorLogUnknown(log);
        return _checkpoints[log][count - 1];
    }

    /// @inheritdoc IAuditAnchor
    function firstCovering(bytes32 log, uint64 leaf) external view returns (Checkpoint memory) {
        Checkpoint[] storage checkpoints = _checkpoints[log];
        uint256 low = 0;
        uint256 high = checkpoints.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (checkpoints[middle].size > leaf) high = middle;
            else low = middle + 1;
        }
        if (low == checkpoints.length) revert AuditAnchorNotCovered(log, leaf);
        return checkpoints[low];
    }

    /// @inheritdoc IAuditAnchor
    function writerOf(bytes32 log) external view returns (address) {
        return _writers[log];
    }

    /// @dev RFC 9162, 2.1.4.2: does the tree (size, root) begin with the tree (from, fromRoot)? Requires 0 < from < size.
    function _extends(uint64 from, bytes32 fromRoot, uint64 size, bytes32 root, bytes32[] calldata proof) private pure returns (bool) {
        uint256 next = 0;
        bytes32 old;
        // Step 2: a power of two is a subtree of its own; its root leads the proof without being sent.
        if (from & (from - 1) == 0) {
            old = fromRoot;
        } else {
            if (proof.length == 0) return false;
            old = proof[0];
            next = 1;
        }
        // Step 3 and 4.
        uint64 fn = from - 1;
        uint64 sn = size - 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        // Step 5.
        bytes32 fr = old;
        bytes32 sr = old;
        // Step 6.
        for (; next < proof.length; ++next) {
            if (sn == 0) return false;
            bytes32 node = proof[next];
            if (fn & 1 == 1 || fn == sn) {
                fr = _hash(node, fr);
                sr = _hash(node, sr);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                sr = _hash(sr, node);
            }
            fn >>= 1;
            sn >>= 1;
        }
        // Step 7.
        return fr == fromRoot && sr == root && sn == 0;
    }

    function _hash(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
