import type { CredentialFormat } from '@gridpass/core';
import { issueSdJwtVc } from './sd-jwt-issue.js';
import type { CredentialInput, IssuedCredential } from './types.js';
import { issueVcJwt } from './vc-jwt-issue.js';

/** Issues in the format asked for. */
export function issueCredential(format: CredentialFormat, input: CredentialInput): Promise<IssuedCredential> {
  return format === 'vc+jwt' ? issueVcJwt(input) : issueSdJwtVc(input);
}
