/** Tables of the market topic (migration 009). */
export interface MarketTables {
  market_order: {
    readonly tenant: string;
    readonly id: string;
    readonly channel: string;
    readonly zone: string;
    readonly side: string;
    readonly interval_start: number;
    readonly energy_wh: number;
    readonly price_cents_per_mwh: number;
    readonly owner: string;
    readonly placed_at: number;
    readonly state: string;
    readonly cleared_wh: number;
  };
  market_interval: {
    readonly tenant: string;
    readonly channel: string;
    readonly zone: string;
    readonly interval_start: number;
    readonly price_cents_per_mwh: number | null;
    readonly volume_wh: number | null;
    readonly cleared_at: number | null;
  };
  market_reading: {
    readonly tenant: string;
    readonly device: string;
    readonly obis: string;
    readonly interval_start: number;
    readonly energy_wh: number;
    readonly metering_point_hash: string;
    readonly received_at: number;
    readonly decision_leaf: string;
  };
}
