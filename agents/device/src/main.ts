import process from 'node:process';
import { Fault, refuse, tenantId, type Outcome } from '@gridpass/core';
import { isJsonObject, parseJson, toLines } from '@gridpass/codec';
import { createIssuerTrust } from '@gridpass/hold';
import { thumbprintOf } from '@gridpass/keys';
import {
  issuerKeysOf,
  openProgram,
  openStatusChecker,
  parseAnchors,
  settingsFromConfig,
  startFromConfig,
  startRepeating,
} from '@gridpass/program';
import { createSchemas } from '@gridpass/schema';
import { createAuthoritySource } from '@gridpass/trust';
import { composeDevice } from './compose.js';
import { deviceConfig } from './config.js';
import { enrol } from './enrol.js';
import { redeemOffers } from './redeem-offers.js';

/** A reading is a small object; what is longer is no reading, and ends the program with its line. */
const MAX_READING_BYTES = 65_536;

await startFromConfig({ program: 'device', schema: deviceConfig, settings: settingsFromConfig }, async (config, closers) => {
  const program = await openProgram(settingsFromConfig(config));
  closers.add(() => program.close());
  const { fetch, resolver } = program;
  const findIssuerKey = issuerKeysOf(program);
  const schemas = createSchemas();
  const signer = await program.identity(tenantId(config.tenant), {
    alias: 'device',
    provider: 'did:key',
    keyType: config.keyType,
    namespace: 'identity',
  });
  const device = composeDevice(config, {
    ...program,
    signer,
    schemas,
    keyId: thumbprintOf(signer.publicJwk),
    findIssuerKey,
    issuerTrust: createIssuerTrust({
      anchors: parseAnchors(config.anchors),
      authority: createAuthoritySource({ fetch }),
      resolver,
      schemas,
      findIssuerKey,
      maxDepth: 4,
      status: openStatusChecker(program, config),
    }),
  });
  closers.add(() => device.close());
  process.stdout.write(`device ${device.did}\n`);
  await redeemOffers(device, config.offers);
  // Standard output is for the verdicts of readings.
  const say = (type: string, what: string): void => void process.stderr.write(`enrol ${type}: ${what}\n`);
  const round = (): Promise<void> => enrol({ holder: device.holder, did: device.did, clock: program.clock, config, say });
  if (config.enrol.length > 0) {
    const tell = (error: unknown): void => say('all', error instanceof Fault ? error.code : 'INTERNAL');
    // An issuer that cannot be asked now keeps no reading from being sent.
    await round().catch(tell);
    const enrolling = startRepeating(config.enrolSeconds, round, tell);
    closers.add(() => enrolling.stop());
  }

  // One reading a line; the line's verdict is printed, so that whoever feeds the device knows what to send again.
  // Readings go one after another: an MQTT verdict does not say which of two it is about.
  let tail = Promise.resolve<unknown>(undefined);
  let leaving = false;
  closers.add(() => tail.then(() => undefined));
  closers.add(() => {
    leaving = true;
    process.stdin.destroy();
  });
  const send = async (line: string): Promise<Outcome<true>> => {
    const json = parseJson(line);
    if (!json.ok || !isJsonObject(json.value)) return refuse('READING_INVALID', 'device', 'the line is no object');
    return config.transport === 'mqtt' ? device.report(json.value) : device.reportOverHttp(json.value);
  };
  const take = (line: string): void => {
    tail = tail
      .then(() => send(line))
      .then(
        (outcome) => process.stdout.write(`${JSON.stringify(outcome.ok ? { sent: true } : { sent: false, code: outcome.refusal.code })}\n`),
        (error: unknown) =>
          process.stdout.write(`${JSON.stringify({ sent: false, code: error instanceof Fault ? error.code : 'INTERNAL' })}\n`),
      );
  };
  const readAll = async (): Promise<void> => {
    try {
      for await (const line of toLines(process.stdin, { maxBytes: MAX_READING_BYTES, crlf: true })) take(line);
    } catch (error) {
      // Leaving closes the input in the middle of a line.
      if (!leaving) throw error;
    }
  };
  // The end of the input is the end of the device's work.
  return { done: readAll() };
});
