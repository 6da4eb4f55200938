import type { IdentifierScheme } from '@gridpass/core';
import type { Scheme } from './scheme.js';
import { emaid, evse, pcid } from './schemes/charging.js';
import { bdew, dvgw } from './schemes/code-number.js';
import { eic } from './schemes/eic.js';
import { gln, gsrn } from './schemes/gs1.js';
import { meterSerial, obis } from './schemes/meter.js';
import { cups, malo, mastr, melo, nmi } from './schemes/metering-point.js';
import { acer, bic, lei } from './schemes/organisation.js';
import { lfdi, sfdi, ski } from './schemes/smart-energy.js';

/** Every scheme of core with its rules; the compiler sees to it that none is missing. */
export const SCHEMES: Readonly<Record<IdentifierScheme, Scheme>> = {
  eic,
  gln,
  gsrn,
  lei,
  malo,
  melo,
  mastr,
  cups,
  nmi,
  emaid,
  evse,
  pcid,
  lfdi,
  sfdi,
  ski,
  obis,
  'meter-serial': meterSerial,
  acer,
  bic,
  bdew,
  dvgw,
};
