import { parseIdentifier } from '@gridpass/identifiers';
import { ok, refuse } from '@gridpass/core';
import { isJsonObject, memberOf } from '@gridpass/codec';
import { INTERVAL_SECONDS } from './order.js';
const MEMBERS = new Set(['meteringPointHash', 'obis', 'interval', 'energyWh']);
const OLDEST_SECONDS = 90 * 86_400;
/** Reads a meter reading; READING_INVALID names every field that is wrong. The interval lies in the past. */
export function parseReading(body, at) {
    if (!isJsonObject(body))
        return refuse('READING_INVALID', 'reading', 'not an object');
    const [hash, obis, interval, energyWh] = ['meteringPointHash', 'obis', 'interval', 'energyWh'].map((name) => memberOf(body, name));
    const wrong = [
        ...Object.keys(body).filter((name) => !MEMBERS.has(name)).map(() => 'unknown member'),
        ...(typeof hash === 'string' && /^[A-Za-z0-9_-]{43}$/.test(hash) ? [] : ['meteringPointHash']),
        ...(typeof obis === 'string' && parseIdentifier('obis', obis).ok ? [] : ['obis']),
        ...(typeof interval === 'number' && interval % INTERVAL_SECONDS === 0 && interval < at && interval > at - OLDEST_SECONDS ? [] : ['interval']),
        ...(typeof energyWh === 'number' && Number.isSafeInteger(energyWh) && energyWh >= 0 && energyWh <= 1_000_000_000 ? [] : ['energyWh']),
    ];
    if (wrong.length > 0)
        return refuse('READING_INVALID', 'reading', wrong.join(', '));
    return ok({ meteringPointHash: String(hash), obis: String(obis), interval: Number(interval), energyWh: Number(energyWh) });
}
//# sourceMappingURL=reading.js.map