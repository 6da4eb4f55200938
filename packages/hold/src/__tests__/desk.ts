import { parseJson } from '@gridpass/codec';
import { ok } from '@gridpass/core';
import type { FetchPort, JsonObject } from '@gridpass/core';
import { listen, loopbackFetch, sendJson } from '@gridpass/testkit';

/** What the desk of an issuer says of one application; the keys that called it are kept. */
export interface Desk {
  state: string;
  reason: string;
  /** How often it is asked for an offer. */
  offers: number;
  /** Makes the offer it gives. */
  offer: () => Promise<string>;
  submitted: JsonObject | undefined;
  readonly keys: Set<string>;
  down: boolean;
  /** The application that renews what came of it. */
  renewedBy?: string;
  /** The issuer's name of the application. */
  name: string;
  /** What it says of the first application, over anything else; with `status` in place of the right one. */
  strange?: { readonly status?: number; readonly json: JsonObject };
}

/** A desk where applications wait, and whose offers are made so. */
export const deskOffering = (offer: Desk['offer']): Desk => ({
  state: 'pending',
  reason: '',
  offers: 0,
  offer,
  submitted: undefined,
  keys: new Set(),
  down: false,
  name: 'a1',
});

export interface OpenDesk {
  /** Leads to the desk what goes to the issuer's applications. */
  readonly fetch: FetchPort;
  close(): Promise<void>;
}

/** Applications are taken in beside the exchange that the test issuer is; under its address, as far as the wallet sees. */
export async function openDesk(credentialIssuer: string, deskOf: () => Desk): Promise<OpenDesk> {
  const server = await listen(async (request, body, response) => {
    const desk = deskOf();
    const [header] = String(request.headers['dpop']).split('.');
    desk.keys.add(Buffer.from(header ?? '', 'base64url').toString());
    const send = (status: number, json: JsonObject): void => {
      const strange = request.url?.includes('/a1') === true || request.method === 'POST' ? desk.strange : undefined;
      sendJson(response, strange?.status ?? status, { ...json, ...strange?.json });
    };
    if (desk.down) {
      sendJson(response, 503, { code: 'STORE_UNAVAILABLE' });
      return;
    }
    if (request.method === 'GET') {
      send(200, {
        ...{ state: desk.state, reason: desk.reason },
        ...(desk.state === 'approved' ? { offer: 'ready' } : {}),
        ...(desk.renewedBy === undefined || request.url?.endsWith(desk.renewedBy) === true ? {} : { renewedBy: desk.renewedBy }),
      });
      return;
    }
    if ((request.url ?? '').endsWith('/offer')) {
      desk.offers += 1;
      send(201, { offer: await desk.offer(), expiresAt: 0 });
      return;
    }
    const json = parseJson(body);
    desk.submitted = json.ok ? (json.value as JsonObject) : {};
    send(202, { applicationId: desk.name, state: desk.state, reason: '' });
  });
  const endpoint = `${new URL(credentialIssuer).origin}/applications`;
  return {
    fetch: {
      loopbackHttp: true,
      fetchDocument: async (url, options) => {
        if (url.startsWith(endpoint)) return loopbackFetch.fetchDocument(url.replace(new URL(url).origin, server.origin), options);
        const answer = await loopbackFetch.fetchDocument(url, options);
        if (!answer.ok || !url.includes('openid-credential-issuer')) return answer;
        const json = parseJson(answer.value.bytes);
        const metadata = json.ok ? { ...(json.value as JsonObject), gridpass: { applications_endpoint: endpoint } } : {};
        return ok({ ...answer.value, bytes: Buffer.from(JSON.stringify(metadata)) });
      },
    },
    close: () => server.close(),
  };
}
