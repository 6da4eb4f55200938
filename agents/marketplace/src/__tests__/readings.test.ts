import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '@gridpass/core';
import { NOON } from '@gridpass/testkit';
import { HASH, startMarket, type Rig } from './market-rig.js';

const reading = (more: JsonObject = {}): JsonObject => ({
  meteringPointHash: HASH,
  obis: '1-0:2.8.0*255',
  interval: NOON - 900,
  energyWh: 412,
  ...more,
});

describe('readings over HTTP', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startMarket();
  });
  afterAll(() => rig.close());

  it('asks for a grant', async () => {
    expect(await rig.plain('POST', '/readings', { body: JSON.stringify(reading()) })).toMatchObject({
      status: 401,
      body: { code: 'GRANT_REQUIRED' },
    });
  });

  it('keeps a reading with the leaf of the decision that let it in, once', async () => {
    const meter = await rig.meter();
    expect(await meter.call('POST', '/readings', reading())).toMatchObject({ status: 201, json: { reading: 'new' } });
    expect(await meter.call('POST', '/readings', reading())).toMatchObject({ status: 201, json: { reading: 'known' } });
    expect(await meter.call('POST', '/readings', reading({ energyWh: 413 }))).toMatchObject({ status: 409, json: { code: 'CONFLICT' } });
    const kept = await rig.repository.readings(rig.tenant, { device: meter.signer.did, limit: 10 });
    expect(kept).toMatchObject([{ ...reading(), decisionLeaf: expect.stringMatching(/^[\w-]{43}$/) }]);
  });

  it('denies a reading of another metering point and keeps none', async () => {
    const meter = await rig.meter();
    const foreign = reading({ meteringPointHash: `${HASH.slice(0, 42)}A` });
    expect(await meter.call('POST', '/readings', foreign)).toMatchObject({ status: 403, json: { code: 'POLICY_DENIED' } });
    expect(await rig.repository.readings(rig.tenant, { device: meter.signer.did, limit: 10 })).toEqual([]);
  });

  it('denies a device that does not measure, and who shows the commissioning of another device', async () => {
    const inverter = await rig.meter({ deviceClass: 'pv_inverter' });
    expect(await inverter.call('POST', '/readings', reading())).toMatchObject({
      status: 403,
      json: { reasons: ['device-class-does-not-measure'] },
    });
    const borrowed = await rig.meter({ deviceDid: 'did:web:meter.example' });
    expect(await borrowed.call('POST', '/readings', reading())).toMatchObject({
      status: 403,
      json: { reasons: ['presenter-is-not-the-device'] },
    });
  });

  it('refuses what the device cannot have measured, each with a code of its own, and keeps none of it', async () => {
    const meter = await rig.meter({ commissioned: Math.floor(NOON / 86_400) - 1 });
    const refused = async (more: JsonObject) => (await meter.call('POST', '/readings', reading(more))).json;
    expect(await refused({ energyWh: 1_000_000_000 })).toMatchObject({ code: 'READING_IMPLAUSIBLE' });
    expect(await refused({ energyWh: 2_941 })).toMatchObject({ code: 'READING_IMPLAUSIBLE' });
    expect(await refused({ obis: '1-0:2.8.1*255' })).toMatchObject({ code: 'READING_NOT_COMMISSIONED' });
    // The day of commissioning began at 22:00 UTC, which is midnight in the market's summer.
    const midnight = NOON - (NOON % 86_400) - 86_400 - 7_200;
    expect(await refused({ interval: midnight - 900 })).toMatchObject({ code: 'READING_NOT_COMMISSIONED' });
    expect(await refused({ interval: midnight, energyWh: 2_941 })).toMatchObject({ code: 'READING_IMPLAUSIBLE' });
    expect(await rig.repository.readings(rig.tenant, { device: meter.signer.did, limit: 10 })).toEqual([]);
    expect(await meter.call('POST', '/readings', reading({ energyWh: 2_940 }))).toMatchObject({ status: 201, json: { reading: 'new' } });
    expect(await meter.call('POST', '/readings', reading({ interval: midnight }))).toMatchObject({ status: 201, json: { reading: 'new' } });
  });

  it('lets no device in before it is commissioned', async () => {
    const meter = await rig.meter({ commissioned: Math.floor(NOON / 86_400) + 1 });
    expect(await meter.call('POST', '/readings', reading())).toMatchObject({ status: 403, json: { reasons: ['not-commissioned-yet'] } });
  });

  it('refuses what is no reading', async () => {
    const meter = await rig.meter();
    expect(await meter.call('POST', '/readings', reading({ interval: NOON }))).toMatchObject({
      status: 400,
      json: { code: 'READING_INVALID' },
    });
  });

  it('takes nothing more once the commissioning is revoked', async () => {
    const meter = await rig.meter();
    expect((await meter.call('POST', '/readings', reading())).status).toBe(201);
    rig.society.status.mark(meter.input.status, 'revoked');
    rig.clock.advance(301);
    expect(await meter.call('POST', '/readings', reading())).toMatchObject({ from: 'gate', status: 401, json: { code: 'REVOKED' } });
    rig.clock.advance(-301);
  });
});
