import { describe, expect, it } from '@jest/globals';
import { CATALOGUE, CREDENTIAL_TYPES, formatsOf, isAboutDevice, isHeldBySubject, isOrganisations, mayBindUnlistedKey } from '../index.js';
import type { CredentialType } from '../index.js';

interface Answers {
  readonly isHeldBySubject: boolean;
  readonly isOrganisations: boolean;
  readonly isAboutDevice: boolean;
  readonly mayBindUnlistedKey: boolean;
  readonly formats: readonly string[];
}

const BOTH = ['vc+jwt', 'dc+sd-jwt'];
const SELECTIVE = ['dc+sd-jwt'];
const ORGANISATIONS: Answers = {
  isHeldBySubject: true,
  isOrganisations: true,
  isAboutDevice: false,
  mayBindUnlistedKey: true,
  formats: BOTH,
};
const PARTYS: Answers = {
  isHeldBySubject: true,
  isOrganisations: false,
  isAboutDevice: false,
  mayBindUnlistedKey: false,
  formats: SELECTIVE,
};
const DEVICES: Answers = { ...PARTYS, isAboutDevice: true };

// Written out for each type: a new one has no answer until somebody has thought about it.
const EXPECTED: Readonly<Record<CredentialType, Answers>> = {
  RegulatorAccreditation: ORGANISATIONS,
  SystemOperatorRole: ORGANISATIONS,
  MarketPartyRole: ORGANISATIONS,
  AggregatorRole: ORGANISATIONS,
  MarketOperatorRole: ORGANISATIONS,
  CustomerStatus: PARTYS,
  MeteringPointEntitlement: PARTYS,
  DeviceIdentity: DEVICES,
  // A household shows the commissioning of its meter: it is about the device, and the device does not hold it.
  DeviceCommissioning: { ...DEVICES, isHeldBySubject: false },
  // Its subject is the owner: that it names a device makes it no device's own.
  DeviceOwnership: PARTYS,
  MarketChannelAdmission: PARTYS,
};

describe('whose credential it is', () => {
  it('has an answer for every type of the catalogue and for no other', () => {
    expect(Object.keys(EXPECTED)).toEqual([...CREDENTIAL_TYPES]);
  });

  it.each(CREDENTIAL_TYPES)('is told of a %s: who holds it, whose it is, which key may hold it, in which formats it comes', (type) => {
    expect({
      isHeldBySubject: isHeldBySubject(type),
      isOrganisations: isOrganisations(type),
      isAboutDevice: isAboutDevice(type),
      mayBindUnlistedKey: mayBindUnlistedKey(type),
      formats: formatsOf(type),
    }).toEqual(EXPECTED[type]);
  });

  it.each(CREDENTIAL_TYPES)('agrees with the group of a %s in the catalogue', (type) => {
    expect(isOrganisations(type)).toBe(CATALOGUE[type].group === 'organisation');
  });
});
