// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title A market for energy in 15-minute intervals, open to admitted accounts only
/// @notice Energy is in Wh, prices in cents per MWh (they may be negative), money in millionths of a cent, so that
/// price times energy is exact.
interface IEnergyMarket {
    enum Side { Offer, Bid }
    enum State { None, Open, Cancelled, Dropped, Cleared }

    /// @notice An order. `filledWh` is final once the interval is cleared.
    struct Order {
        address owner;
        uint64 intervalStart;
        Side side;
        State state;
        int64 priceCentsPerMwh;
        uint64 energyWh;
        uint64 filledWh;
        bytes32 channel;
    }

    /// @notice The result of clearing one interval.
    struct Clearing {
        bool cleared;
        bool settled;
        int64 priceCentsPerMwh;
        uint128 volumeWh;
    }

    /// @notice An order stands in the book.
    event OrderPlaced(uint256 indexed orderId, address indexed owner, bytes32 indexed channel, uint64 intervalStart, Side side, uint64 energyWh, int64 priceCentsPerMwh);
    /// @notice Its owner took the order back.
    event OrderCancelled(uint256 indexed orderId);
    /// @notice The order fell out because its owner is no longer admitted.
    event OrderDropped(uint256 indexed orderId);
    /// @notice The order took part in the clearing with `filledWh`.
    event OrderCleared(uint256 indexed orderId, uint64 filledWh);
    /// @notice The interval has its price.
    event IntervalCleared(bytes32 indexed channel, uint64 indexed intervalStart, int64 priceCentsPerMwh, uint128 volumeWh);
    /// @notice What `owner` gets (or pays, negative) for the order at the price of the interval.
    event OrderSettled(uint256 indexed orderId, address indexed owner, int256 amountMicroCents);
    /// @notice All orders of the interval are settled.
    event IntervalSettled(bytes32 indexed channel, uint64 indexed intervalStart);

    /// @dev The interval does not begin at a full quarter of an hour.
    error EnergyMarketIntervalInvalid(uint64 intervalStart);
    /// @dev The interval has begun: orders are closed.
    error EnergyMarketIntervalClosed(uint64 intervalStart);
    /// @dev The interval lies further ahead than the market plans.
    error EnergyMarketIntervalTooFar(uint64 intervalStart);
    /// @dev The interval has not begun: it cannot be cleared yet.
    error EnergyMarketIntervalOpen(uint64 intervalStart);
    /// @dev The interval was cleared before.
    error EnergyMarketAlreadyCleared(uint64 intervalStart);
    /// @dev The interval is not cleared yet.
    error EnergyMarketNotCleared(uint64 intervalStart);
    /// @dev The interval was settled before.
    error EnergyMarketAlreadySettled(uint64 intervalStart);
    /// @dev The energy is zero or more than an order may hold.
    error EnergyMarketEnergyInvalid(uint64 energyWh);
    /// @dev The price lies outside the limits of the market.
    error EnergyMarketPriceInvalid(int64 priceCentsPerMwh);
    /// @dev The book of the interval is full.
    error EnergyMarketBookFull(uint64 intervalStart);
    /// @dev The account has as many open orders in the interval as it may have.
    error EnergyMarketTooManyOrders(address owner);
    /// @dev There is no such order.
    error EnergyMarketOrderUnknown(uint256 orderId);
    /// @dev The order is somebody else's.
    error EnergyMarketNotOwner(uint256 orderId, address caller);
    /// @dev The order is not open any more.
    error EnergyMarketOrderNotOpen(uint256 orderId);

    /// @notice Places an order for one interval, before it begins.
    function placeOrder(bytes32 channel, uint64 intervalStart, Side side, uint64 energyWh, int64 priceCentsPerMwh) external returns (uint256 orderId);

    /// @notice Takes an own order back, before the interval begins.
    function cancelOrder(bytes32 channel, uint256 orderId) external;

    /// @notice Clears an interval at one price. The result follows from the book alone, whoever calls.
    function clearInterval(bytes32 channel, uint64 intervalStart) external;

    /// @notice Books what each order of a cleared interval earns and owes.
    function settleInterval(bytes32 channel, uint64 intervalStart) external;

    /// @notice One order.
    function orderOf(uint256 orderId) external view returns (Order memory);

    /// @notice Ids of the orders in the book of an interval.
    function bookOf(bytes32 channel, uint64 intervalStart) external view returns (uint256[] memory);

    /// @notice How an interval was cleared.
    function clearingOf(bytes32 channel, uint64 intervalStart) external view returns (Clearing memory);

    /// @notice What an account has earned (positive) or owes (negative) over all settled intervals.
    function balanceOf(address account) external view returns (int256 microCents);
}
