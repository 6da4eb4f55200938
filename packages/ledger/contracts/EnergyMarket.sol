// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Admitted} from "./Admitted.sol";
import {IChannelAdmission} from "./interfaces/IChannelAdmission.sol";
import {IEnergyMarket} from "./interfaces/IEnergyMarket.sol";

/// @title Order book, clearing and settlement for one interval at a time
/// @notice No call goes out to a contract that is not ours, and no value moves: there is nothing to re-enter.
contract EnergyMarket is IEnergyMarket, Admitted {
    /// @notice Length of an interval in seconds.
    uint64 public constant INTERVAL = 900;
    /// @notice How far ahead orders are taken.
    uint64 public constant HORIZON = 8 days;
    /// @notice Most orders in the book of one interval; bounds the work of clearing.
    uint256 public constant BOOK_MOST = 64;
    /// @notice Most open orders of one account in one interval, so that none can fill the book.
    uint256 public constant OWN_MOST = 8;
    /// @notice Most energy of one order: 10 GWh.
    uint64 public constant ENERGY_MOST = 10_000_000_000;
    /// @notice Price limit in either direction: 100 000 EUR per MWh.
    int64 public constant PRICE_MOST = 10_000_000;

    mapping(uint256 orderId => Order) private _orders;
    mapping(bytes32 interval => uint256[]) private _books;
    mapping(bytes32 interval => mapping(address owner => uint256)) private _own;
    mapping(bytes32 interval => Clearing) private _clearings;
    mapping(address account => int256) private _balances;
    uint256 private _lastOrderId;

    // One side of the book in memory, best price first, older first at equal price.
    struct Ladder {
        uint256 count;
        uint256[] ids;
        int64[] prices;
        uint64[] energies;
        uint64[] filled;
    }

    constructor(IChannelAdmission registry) Admitted(registry) {}

    /// @inheritdoc IEnergyMarket
    function placeOrder(bytes32 channel, uint64 intervalStart, Side side, uint64 energyWh, int64 priceCentsPerMwh) external onlyAdmitted(channel) returns (uint256 orderId) {
        if (intervalStart % INTERVAL != 0) revert EnergyMarketIntervalInvalid(intervalStart);
        if (intervalStart <= block.timestamp) revert EnergyMarketIntervalClosed(intervalStart);
        if (intervalStart > block.timestamp + HORIZON) revert EnergyMarketIntervalTooFar(intervalStart);
        if (energyWh == 0 || energyWh > ENERGY_MOST) revert EnergyMarketEnergyInvalid(energyWh);
        if (priceCentsPerMwh > PRICE_MOST || priceCentsPerMwh < -PRICE_MOST) revert EnergyMarketPriceInvalid(priceCentsPerMwh);
        bytes32 interval = _interval(channel, intervalStart);
        if (_own[interval][msg.sender] == OWN_MOST) revert EnergyMarketTooManyOrders(msg.sender);
        if (_books[interval].length == BOOK_MOST) revert EnergyMarketBookFull(intervalStart);

        orderId = ++_lastOrderId;
        ++_own[interval][msg.sender];
        _books[interval].push(orderId);
        _orders[orderId] = Order({
            owner: msg.sender,
            intervalStart: intervalStart,
            side: side,
            state: State.Open,
            priceCentsPerMwh: priceCentsPerMwh,
            energyWh: energyWh,
            filledWh: 0,
            channel: channel
        });
        emit OrderPlaced(orderId, msg.sender, channel, intervalStart, side, energyWh, priceCentsPerMwh);
    }

    /// @inheritdoc IEnergyMarket
    function cancelOrder(bytes32 channel, uint256 orderId) external onlyAdmitted(channel) {
        Order storage order = _orders[orderId];
        if (order.state == State.None || order.channel != channel) revert EnergyMarketOrderUnknown(orderId);
        if (order.owner != msg.sender) revert EnergyMarketNotOwner(orderId, msg.sender);
        if (order.state != State.Open) revert EnergyMarketOrderNotOpen(orderId);
        if (order.intervalStart <= block.timestamp) revert EnergyMarketIntervalClosed(order.intervalStart);
        order.state = State.Cancelled;
        bytes32 interval = _interval(channel, order.intervalStart);
        --_own[interval][msg.sender];
        _removeFromBook(interval, orderId);
        emit OrderCancelled(orderId);
    }

    /// @inheritdoc IEnergyMarket
    function clearInterval(bytes32 channel, uint64 intervalStart) external onlyAdmitted(channel) {
        if (intervalStart % INTERVAL != 0) revert EnergyMarketIntervalInvalid(intervalStart);
        if (intervalStart > block.timestamp) revert EnergyMarketIntervalOpen(intervalStart);
        bytes32 interval = _interval(channel, intervalStart);
        Clearing storage clearing = _clearings[interval];
        if (clearing.cleared) revert EnergyMarketAlreadyCleared(intervalStart);

        (Ladder memory offers, Ladder memory bids) = _ladders(interval, channel);
        (int64 price, uint128 volume) = _match(offers, bids);
        clearing.cleared = true;
        clearing.priceCentsPerMwh = price;
        clearing.volumeWh = volume;
        _writeFills(offers);
        _writeFills(bids);
        emit IntervalCleared(channel, intervalStart, price, volume);
    }

    /// @inheritdoc IEnergyMarket
    function settleInterval(bytes32 channel, uint64 intervalStart) external onlyAdmitted(channel) {
        bytes32 interval = _interval(channel, intervalStart);
        Clearing storage clearing = _clearings[interval];
        if (!clearing.cleared) revert EnergyMarketNotCleared(intervalStart);
        if (clearing.settled) revert EnergyMarketAlreadySettled(intervalStart);
        clearing.settled = true;
        int256 price = clearing.priceCentsPerMwh;
        uint256[] storage book = _books[interval];
        for (uint256 i = 0; i < book.length; ++i) {
            Order storage order = _orders[book[i]];
            if (order.filledWh == 0) continue;
            // INVARIANT: offers and bids are filled with the same total, so that all amounts of an interval add up to 0.
            int256 amount = price * int256(uint256(order.filledWh));
            if (order.side == Side.Bid) amount = -amount;
            _balances[order.owner] += amount;
            emit OrderSettled(book[i], order.owner, amount);
        }
        emit IntervalSettled(channel, intervalStart);
    }

    /// @inheritdoc IEnergyMarket
    function orderOf(uint256 orderId) external view returns (Order memory) {
        if (_orders[orderId].state == State.None) revert EnergyMarketOrderUnknown(orderId);
        return _orders[orderId];
    }

    /// @inheritdoc IEnergyMarket
    function bookOf(bytes32 channel, uint64 intervalStart) external view returns (uint256[] memory) {
        return _books[_interval(channel, intervalStart)];
    }

    /// @inheritdoc IEnergyMarket
    function clearingOf(bytes32 channel, uint64 intervalStart) external view returns (Clearing memory) {
        return _clearings[_interval(channel, intervalStart)];
    }

    /// @inheritdoc IEnergyMarket
    function balanceOf(address account) external view returns (int256 microCents) {
        return _balances[account];
    }

    /// @dev Both sides of the book, sorted. Orders of accounts that are no longer admitted fall out here: a revoked
    /// account must not trade through an order it left behind.
    function _ladders(bytes32 interval, bytes32 channel) private returns (Ladder memory offers, Ladder memory bids) {
        uint256[] storage book = _books[interval];
        uint256 size = book.length;
        offers = _emptyLadder(size);
        bids = _emptyLadder(size);
        for (uint256 i = 0; i < size; ++i) {
            uint256 id = book[i];
            Order storage order = _orders[id];
            if (!admissions.isAdmitted(order.owner, channel)) {
                order.state = State.Dropped;
                emit OrderDropped(id);
            } else if (order.side == Side.Offer) {
                _insert(offers, id, order.priceCentsPerMwh, order.energyWh, false);
            } else {
                _insert(bids, id, order.priceCentsPerMwh, order.energyWh, true);
            }
        }
    }

    /// @dev Walks both ladders while they cross. The price is the middle of the last pair that meets, rounded down: the
    /// rule of the marketplace, so that both name one price for one book.
    function _match(Ladder memory offers, Ladder memory bids) private pure returns (int64 price, uint128 volume) {
        uint256 i = 0;
        uint256 j = 0;
        while (i < offers.count && j < bids.count && offers.prices[i] <= bids.prices[j]) {
            uint64 left = offers.energies[i] - offers.filled[i];
            uint64 right = bids.energies[j] - bids.filled[j];
            uint64 traded = left < right ? left : right;
            offers.filled[i] += traded;
            bids.filled[j] += traded;
            volume += traded;
            // The shift rounds down for negative prices too; a division would round towards zero.
            price = (offers.prices[i] + bids.prices[j]) >> 1;
            if (left == traded) ++i;
            if (right == traded) ++j;
        }
    }

    function _writeFills(Ladder memory ladder) private {
        for (uint256 i = 0; i < ladder.count; ++i) {
            Order storage order = _orders[ladder.ids[i]];
            order.state = State.Cleared;
            order.filledWh = ladder.filled[i];
            emit OrderCleared(ladder.ids[i], ladder.filled[i]);
        }
    }

    function _insert(Ladder memory ladder, uint256 id, int64 price, uint64 energy, bool descending) private pure {
        uint256 place = ladder.count;
        while (place > 0 && _precedes(price, id, ladder.prices[place - 1], ladder.ids[place - 1], descending)) {
            ladder.ids[place] = ladder.ids[place - 1];
            ladder.prices[place] = ladder.prices[place - 1];
            ladder.energies[place] = ladder.energies[place - 1];
            --place;
        }
        ladder.ids[place] = id;
        ladder.prices[place] = price;
        ladder.energies[place] = energy;
        ++ladder.count;
    }

    function _precedes(int64 price, uint256 id, int64 otherPrice, uint256 otherId, bool descending) private pure returns (bool) {
        if (price == otherPrice) return id < otherId;
        return descending ? price > otherPrice : price < otherPrice;
    }

    function _emptyLadder(uint256 size) private pure returns (Ladder memory) {
        return Ladder({count: 0, ids: new uint256[](size), prices: new int64[](size), energies: new uint64[](size), filled: new uint64[](size)});
    }

    function _removeFromBook(bytes32 interval, uint256 orderId) private {
        uint256[] storage book = _books[interval];
        uint256 last = book.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (book[i] == orderId) {
                book[i] = book[last];
                break;
            }
        }
        book.pop();
    }

    function _interval(bytes32 channel, uint64 intervalStart) private pure returns (bytes32) {
        return keccak256(abi.encode(channel, intervalStart));
    }
}
