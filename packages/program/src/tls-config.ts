import { z } from 'zod';

/** The files of a listener that speaks TLS by itself. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** TLS of one listener; `what` says which. */
export const tlsConfig = (what: string) =>
  z
    .strictObject({
      certificateFile: z
        .string()
        .min(1)
        .describe('file with the certificate in PEM, the own first and then those between it and the authority'),
      keyFile: z.string().min(1).describe('file with its private key in PEM, without a passphrase; others must not read it'),
    })
    .optional()
    .describe(`the certificate with which ${what} speaks TLS, 1.2 at least; plain unless given. SIGHUP reads it again`);

/** A program that ends TLS itself is reached over https, by the `check` of a whole configuration. */
export function checkTls({
  value,
  issues,
}: z.core.ParsePayload<{ readonly http: { readonly tls?: TlsFiles | undefined }; readonly publicOrigin: string }>): void {
  if (value.http.tls !== undefined && !value.publicOrigin.startsWith('https:'))
    issues.push({ code: 'custom', path: ['publicOrigin'], message: 'https://…, since http.tls is given', input: value.publicOrigin });
}
