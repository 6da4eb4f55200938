import type { IService } from '@veramo/core-types';
import { InputError } from '@gridpass/core';
import { SERVICE_ENDPOINT_FORM, isServiceEndpoint } from '@gridpass/did';

/** The address of a service that a document here may have; throws InputError for every other one. */
export function endpointOf({ serviceEndpoint }: Pick<IService, 'serviceEndpoint'>): string {
  if (typeof serviceEndpoint !== 'string') throw new InputError('REQUEST_MALFORMED', 'a service has one endpoint, a text');
  if (!isServiceEndpoint(serviceEndpoint)) throw new InputError('REQUEST_MALFORMED', `serviceEndpoint: ${SERVICE_ENDPOINT_FORM}`);
  return serviceEndpoint;
}
