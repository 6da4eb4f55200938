import { z } from 'zod';

/** The files of a listener that speaks TLS by itself. */
export interface TlsFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** TLS of one listener; `what` says what it carries. */
export const tlsConfig = (what: string) =>
  z
    .strictObject({
      certificateFile: z
        .string()
        .min(1)
        .describe(`file with the certificate of ${what} in PEM, the own first and then those between it and the authority`),
      keyFile: z.string().min(1).describe(`file with the private key of ${what} in PEM, without a passphrase; others must not read it`),
    })
    .optional()
    .describe(`the certificate with which ${what} is carried over TLS, 1.2 at least; plain unless given. SIGHUP reads it again`);

/** A program that ends TLS itself is reached over https, by the `check` of a whole configuration. */
export function checkTls({
  value,
  issues,
}: z.core.ParsePayload<{ readonly http: { readonly tls?: TlsFiles | undefined }; readonly publicOrigin: string }>): void {
  if (value.http.tls !== undefined && !value.publicOrigin.startsWith('https:'))
    issues.push({ code: 'custom', path: ['publicOrigin'], message: 'https://…, since http.tls is given', input: value.publicOrigin });
}
