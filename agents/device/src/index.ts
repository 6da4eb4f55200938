// A meter, inverter, battery or gateway without a screen. It has a DID and a key of its own, redeems the offers of its
// manufacturer and of whoever commissions it, and presents itself to a marketplace: over MQTT on the very connection
// that then carries its readings, or over HTTP through the gate. A reading counts as sent when the other side has stored
// it. compose wires a device to parts that the caller brings; main reads readings as lines of JSON from standard input.
export { composeDevice } from './compose.js';
export type { Device, DeviceParts } from './compose.js';
export { enrol } from './enrol.js';
export type { EnrolParts } from './enrol.js';
export { deviceConfig } from './config.js';
export type { DeviceConfig } from './config.js';
