// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAccreditationRegistry} from "./interfaces/IAccreditationRegistry.sol";

/// @title Registry of accreditations
/// @notice Mirrors on the chain what the accreditation credentials say, for contracts that must ask.
contract AccreditationRegistry is IAccreditationRegistry, AccessControl {
    /// @notice Held by the governance: grants and revokes roots.
    bytes32 public constant ROOT_ROLE = keccak256("ROOT_ROLE");
    /// @notice Most steps from a root to a leaf; bounds every walk.
    uint8 public constant DEPTH_MOST = 8;
    /// @notice Most steps by which an area may be narrowed at once.
    uint256 public constant AREA_STEPS_MOST = 8;

    mapping(bytes32 id => Accreditation) private _accreditations;

    /// @param admin may grant and take the root role.
    /// @param governance grants the first roots.
    constructor(address admin, address governance) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(ROOT_ROLE, governance);
    }

    /// @inheritdoc IAccreditationRegistry
    function accreditRoot(Terms calldata terms, bytes32 area) external onlyRole(ROOT_ROLE) returns (bytes32 id) {
        if (terms.depth > DEPTH_MOST) revert AccreditationDepthExceeded(terms.depth, DEPTH_MOST);
        return _store(bytes32(0), terms, area);
    }

    /// @inheritdoc IAccreditationRegistry
    function accredit(bytes32 parent, Terms calldata terms, bytes32[] calldata areaSteps) external returns (bytes32 id) {
        Accreditation storage above = _known(parent);
        if (above.holder != msg.sender) revert AccreditationNotHolder(parent, msg.sender);
        if (!isValidAt(parent, uint64(block.timestamp))) revert AccreditationInvalid(parent);
        if (terms.roles & ~above.roles != 0) revert AccreditationRolesExceeded(terms.roles, above.roles);
        if (terms.notBefore < above.notBefore || terms.notAfter > above.notAfter) revert AccreditationTimeExceeded(terms.notBefore, terms.notAfter);
        if (above.depth == 0 || terms.depth >= above.depth) revert AccreditationDepthExceeded(terms.depth, above.depth);
        return _store(parent, terms, _narrow(above.area, areaSteps));
    }

    /// @inheritdoc IAccreditationRegistry
    function revoke(bytes32 id) external {
        Accreditation storage accreditation = _known(id);
        if (accreditation.revokedAt != 0) revert AccreditationAlreadyRevoked(id);
        if (!hasRole(ROOT_ROLE, msg.sender) && !_standsAbove(id, msg.sender)) revert AccreditationNotAbove(id, msg.sender);
        accreditation.revokedAt = uint64(block.timestamp);
        emit AccreditationRevoked(id, msg.sender);
    }

    /// @inheritdoc IAccreditationRegistry
    function isValidAt(bytes32 id, uint64 instant) public view returns (bool) {
        // INVARIANT: depth shrinks with every step and starts at DEPTH_MOST, so that this loop ends and no circle exists.
        for (uint256 step = 0; step <= DEPTH_MOST; ++step) {
            Accreditation storage accreditation = _accreditations[id];
            if (accreditation.holder == address(0)) return false;
            if (instant < accreditation.notBefore || instant >= accreditation.notAfter) return false;
            if (accreditation.revokedAt != 0 && instant >= accreditation.revokedAt) return false;
            id = accreditation.parent;
            if (id == bytes32(0)) return true;
        }
        return false;
    }

    /// @inheritdoc IAccreditationRegistry
    function mayAttest(bytes32 id, address holder, uint8 role, bytes32[] calldata areaSteps, bytes32 area, uint64 instant) external view returns (bool) {
        Accreditation storage accreditation = _accreditations[id];
        return accreditation.holder == holder
            && holder != address(0)
            && (accreditation.roles >> role) & 1 == 1
            && _narrow(accreditation.area, areaSteps) == area
            && isValidAt(id, instant);
    }

    /// @inheritdoc IAccreditationRegistry
    function accreditationOf(bytes32 id) external view returns (Accreditation memory) {
        return _known(id);
    }

    function _store(bytes32 parent, Terms calldata terms, bytes32 area) private returns (bytes32 id) {
        if (terms.holder == address(0)) revert AccreditationZeroHolder();
        if (terms.roles == 0) revert AccreditationNoRoles();
        if (terms.notAfter <= terms.notBefore) revert AccreditationTimeExceeded(terms.notBefore, terms.notAfter);
        id = keccak256(abi.encode(parent, terms, area));
        if (_accreditations[id].holder != address(0)) revert AccreditationExists(id);
        _accreditations[id] = Accreditation({
            parent: parent,
            holder: terms.holder,
            notBefore: terms.notBefore,
            depth: terms.depth,
            notAfter: terms.notAfter,
            revokedAt: 0,
            roles: terms.roles,
            area: area,
            credential: terms.credential
        });
        emit AccreditationGranted(id, parent, terms.holder, terms.roles, area, terms.notBefore, terms.notAfter, terms.depth, terms.credential);
    }

    /// @dev Whether `caller` holds an accreditation above `id`. Holding `id` itself is no right to end it: a party
    /// that no longer wants it simply stops using it, and its parent answers for it.
    function _standsAbove(bytes32 id, address caller) private view returns (bool) {
        for (uint256 step = 0; step <= DEPTH_MOST; ++step) {
            id = _accreditations[id].parent;
            if (id == bytes32(0)) return false;
            if (_accreditations[id].holder == caller) return true;
        }
        return false;
    }

    /// @dev An area is named by hashing the labels on the way down from the root area, so that "lies within" is shown
    /// by showing the labels between.
    function _narrow(bytes32 area, bytes32[] calldata steps) private pure returns (bytes32) {
        if (steps.length > AREA_STEPS_MOST) revert AccreditationAreaTooDeep(steps.length, AREA_STEPS_MOST);
        for (uint256 i = 0; i < steps.length; ++i) area = keccak256(abi.encode(area, steps[i]));
        return area;
    }

    function _known(bytes32 id) private view returns (Accreditation storage accreditation) {
        accreditation = _accreditations[id];
        if (accreditation.holder == address(0)) revert AccreditationUnknown(id);
    }
}
