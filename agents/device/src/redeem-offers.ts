import { assertOk } from '@gridpass/core';
import type { Device } from './compose.js';

/**
 * Redeems the offers a device was configured with. An offer works once and the configuration stays as it is, so one that is
 * unknown by now counts as redeemed, provided that the device holds something. Throws InputError with the issuer's code.
 */
export async function redeemOffers(device: Pick<Device, 'receiveOffer' | 'holder'>, offers: readonly string[]): Promise<void> {
  for (const offer of offers) {
    const received = await device.receiveOffer(offer);
    if (received.ok) continue;
    const held = (await device.holder.credentials()).length;
    if (received.refusal.code !== 'OFFER_UNKNOWN' || held === 0) assertOk(received);
  }
}
