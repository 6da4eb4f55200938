import type { ReadableStream } from 'node:stream/web';
import { isJsonObject, memberOf, parseJson, toLines } from '@gridpass/codec';
import { Fault, InputError, REFUSALS, type RefusalCode } from '@gridpass/core';

/** What an operator asks an issuer for. */
export interface Wish {
  readonly type: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Absent for people: each of their keys is then a subject of its own. */
  readonly subject?: string;
  readonly applicant: string;
  /** Credentials the type requires, as compact text. */
  readonly evidence?: readonly string[];
  readonly validUntil?: number;
}

/** One tenant of an issuer, through its operators' endpoints. */
export interface IssuerAdmin {
  readonly tenant: string;
  /** Applies, approves and makes an offer; the offer's address. What the issuer turns down is overruled where `mayOverrule` has a reason. */
  offer(wish: Wish, reason: string, mayOverrule?: Readonly<Record<string, string>>): Promise<string>;
  /** Applies only; throws InputError with the issuer's code when the application is refused. */
  apply(wish: Wish): Promise<string>;
  adopt(authority: { readonly uri: string; readonly digest: string }): Promise<void>;
  revoke(handle: Readonly<Record<string, string>>, reason: string): Promise<number>;
  /** Any other verb on the tenant's DIDs: `did/rotate`, `did/transfers/...`; and listings. */
  ask(method: 'GET' | 'POST', path: string, body?: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>>;
  /** Uploads a register; the report. */
  importRegister(csv: ReadableStream<Uint8Array> | string): Promise<Readonly<Record<string, unknown>>>;
  exportAudit(): Promise<readonly string[]>;
  /** The key that signs the tenant's checkpoints, and the log's name. */
  auditKey(): Promise<{ readonly origin: string; readonly publicJwk: Readonly<Record<string, string>> }>;
}

/** The rule that an officer may set aside, by the code that it turns down with. */
const RULE_OF: Readonly<Partial<Record<RefusalCode, string>>> = { PARTY_FUNCTION_MISSING: 'register-function', AREA_UNKNOWN: 'area' };

/** Talks to an issuer as its operators do, over HTTP. */
export function createIssuerAdmin(origin: string, tenant: string, token: string): IssuerAdmin {
  const admin = `${origin}/t/${tenant}/admin`;
  const authorization = `Bearer ${token}`;

  async function call(method: string, url: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const response = await reach(url, {
      method,
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Readonly<Record<string, unknown>>;
  }

  async function apply(wish: Wish): Promise<string> {
    return String((await call('POST', `${admin}/applications`, wish))['applicationId']);
  }

  async function approve(applicationId: string, reason: string, mayOverrule: Readonly<Record<string, string>>): Promise<void> {
    let overrules: Readonly<Record<string, string>> = {};
    for (;;) {
      try {
        await call('POST', `${admin}/applications/${applicationId}/approve`, { reason, overrules });
        return;
      } catch (error) {
        const rule = error instanceof InputError ? RULE_OF[error.code] : undefined;
        const why = rule === undefined || Object.hasOwn(overrules, rule) ? undefined : mayOverrule[rule];
        if (rule === undefined || why === undefined) throw error;
        overrules = { ...overrules, [rule]: why };
      }
    }
  }

  return {
    tenant,
    apply,
    async offer(wish, reason, mayOverrule = {}) {
      const applicationId = await apply(wish);
      await approve(applicationId, reason, mayOverrule);
      return String((await call('POST', `${admin}/applications/${applicationId}/offers`, {}))['offerUri']);
    },
    adopt: async (authority) => void (await call('PUT', `${admin}/authorities`, authority)),
    revoke: async (handle, reason) => Number((await call('POST', `${admin}/credentials/revoke`, { ...handle, reason }))['changed']),
    ask: (method, path, body) => call(method, `${admin}/${path}`, body),
    async importRegister(csv) {
      const response = await reach(`${admin}/register`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'text/csv' },
        body: csv as NonNullable<RequestInit['body']>,
        duplex: 'half',
      });
      return (await response.json()) as Readonly<Record<string, unknown>>;
    },
    async exportAudit() {
      const response = await reach(`${admin}/audit/export`, { headers: { authorization } });
      const lines: string[] = [];
      if (response.body !== null) for await (const line of toLines(response.body)) if (line !== '') lines.push(line);
      return lines;
    },
    auditKey: async () => (await call('GET', `${origin}/t/${tenant}/audit/key`)) as Awaited<ReturnType<IssuerAdmin['auditKey']>>,
  };
}

/** `duplex` is what the platform's fetch wants for a streamed body. */
async function reach(url: string, init: RequestInit & { readonly duplex?: 'half' }): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    throw new Fault('REMOTE_UNAVAILABLE', `${new URL(url).origin} does not answer`, { cause });
  }
  if (response.ok) return response;
  const code = await codeIn(response);
  if (isRefusalCode(code)) throw new InputError(code, `${init.method ?? 'GET'} ${new URL(url).pathname} was refused`);
  throw new Fault('REMOTE_UNAVAILABLE', `${new URL(url).pathname} answered ${response.status}`);
}

/** The code in an answer; undefined where the body is none of ours, as a proxy's page. */
async function codeIn(response: Response): Promise<unknown> {
  const json = parseJson(await response.text());
  return json.ok && isJsonObject(json.value) ? memberOf(json.value, 'code') : undefined;
}

function isRefusalCode(code: unknown): code is RefusalCode {
  return typeof code === 'string' && Object.hasOwn(REFUSALS, code);
}
