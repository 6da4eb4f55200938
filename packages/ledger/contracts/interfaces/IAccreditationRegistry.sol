// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who may attest which role, where, until when, and how often that right may be passed on
/// @notice Rights shrink along the path in every dimension; whether one holds is computed along the path, so that a
/// revocation or the end of a parent takes all below with it at once.
interface IAccreditationRegistry {
    /// @notice What an accreditation allows.
    /// @param roles bit n stands for role code A-n (A50 is bit 50).
    /// @param notBefore first second it holds.
    /// @param notAfter first second it no longer holds.
    /// @param depth how many further steps it may be passed on.
    /// @param credential digest of the credential that states the same.
    struct Terms {
        address holder;
        uint256 roles;
        uint64 notBefore;
        uint64 notAfter;
        uint8 depth;
        bytes32 credential;
    }

    /// @notice An accreditation as kept.
    struct Accreditation {
        bytes32 parent;
        address holder;
        uint64 notBefore;
        uint8 depth;
        uint64 notAfter;
        uint64 revokedAt;
        uint256 roles;
        bytes32 area;
        bytes32 credential;
    }

    /// @notice `holder` may attest `roles` in `area`.
    event AccreditationGranted(bytes32 indexed id, bytes32 indexed parent, address indexed holder, uint256 roles, bytes32 area, uint64 notBefore, uint64 notAfter, uint8 depth, bytes32 credential);
    /// @notice The accreditation and all below it ended.
    event AccreditationRevoked(bytes32 indexed id, address indexed by);

    /// @dev There is no such accreditation.
    error AccreditationUnknown(bytes32 id);
    /// @dev The very same accreditation was granted before.
    error AccreditationExists(bytes32 id);
    /// @dev The caller does not hold the parent.
    error AccreditationNotHolder(bytes32 id, address caller);
    /// @dev The caller stands nowhere above the accreditation.
    error AccreditationNotAbove(bytes32 id, address caller);
    /// @dev The parent does not hold now.
    error AccreditationInvalid(bytes32 id);
    /// @dev The holder is the zero address.
    error AccreditationZeroHolder();
    /// @dev It allows no role.
    error AccreditationNoRoles();
    /// @dev It allows roles that the parent does not.
    error AccreditationRolesExceeded(uint256 roles, uint256 allowed);
    /// @dev It lasts for no time, or longer than the parent.
    error AccreditationTimeExceeded(uint64 notBefore, uint64 notAfter);
    /// @dev It could be passed on as often as the parent, or more often than this registry follows.
    error AccreditationDepthExceeded(uint8 depth, uint8 most);
    /// @dev The area lies too many steps below the other.
    error AccreditationAreaTooDeep(uint256 steps, uint256 most);
    /// @dev It was revoked before.
    error AccreditationAlreadyRevoked(bytes32 id);

    /// @notice Grants a root accreditation.
    function accreditRoot(Terms calldata terms, bytes32 area) external returns (bytes32 id);

    /// @notice Passes a part of `parent` on. The area is the parent's, narrowed by hashing in each of `areaSteps`.
    function accredit(bytes32 parent, Terms calldata terms, bytes32[] calldata areaSteps) external returns (bytes32 id);

    /// @notice Ends an accreditation for good, and all below it.
    function revoke(bytes32 id) external;

    /// @notice Whether it and everything above it held at `instant`.
    function isValidAt(bytes32 id, uint64 instant) external view returns (bool);

    /// @notice Whether `holder` may, by `id`, attest role code A-`role` in the area `areaSteps` below its own, at `instant`.
    function mayAttest(bytes32 id, address holder, uint8 role, bytes32[] calldata areaSteps, bytes32 area, uint64 instant) external view returns (bool);

    /// @notice The accreditation as kept.
    function accreditationOf(bytes32 id) external view returns (Accreditation memory);
}
