/** Table of the challenges topic (migration 004). */
export interface ChallengeTables {
  challenge: {
    readonly tenant: string;
    readonly state: string;
    readonly nonce: string;
    readonly audience: string;
    readonly channel: string;
    readonly session_thumbprint: string;
    readonly expires_at: number;
  };
}
