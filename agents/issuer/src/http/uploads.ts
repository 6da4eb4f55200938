import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { randomToken } from '@gridpass/codec';
import { Fault, ok, refuse } from '@gridpass/core';
import type { Outcome } from '@gridpass/core';
import { receiveBody } from '@gridpass/gate';
import { REQUEST_TIMEOUT_MS } from '@gridpass/program';
import type { Context } from 'koa';

/** A body that is here to its last byte. It is given back with `close`. */
export interface Upload {
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Takes large bodies in. */
export interface Uploads {
  /** Refuses RATE_LIMITED while {@link MOST_UPLOADS} are held, and what `receiveBody` refuses; Fault STORE_UNAVAILABLE without room on disk. */
  receive(ctx: Context): Promise<Outcome<Upload>>;
}

/** So many at once bound the disk: each holds a file of `maxBytes` at most, and for no longer than the request may take to arrive plus its import. */
export const MOST_UPLOADS = 4;

/** Sooner than the listener ends the request, so that the client is told why. */
const TIMEOUT_MS = REQUEST_TIMEOUT_MS - 10_000;

/**
 * Keeps bodies in temporary files without a name until they have been worked on. What is done with one then takes as long as it
 * takes, and of a body that broke off nothing is done.
 */
export function createUploads(maxBytes: number): Uploads {
  let held = 0;
  return {
    receive: async (ctx) => {
      if (held >= MOST_UPLOADS)
        return refuse('RATE_LIMITED', 'upload', `body: ${MOST_UPLOADS} uploads are under way; send this one again when one is done`);
      held += 1;
      let isKept = false;
      const file = await openNameless().catch((error: unknown) => {
        held -= 1;
        throw error;
      });
      const close = async (): Promise<void> => {
        held -= 1;
        await file.close();
      };
      try {
        const received = await receiveBody(ctx, { maxBytes, timeoutMs: TIMEOUT_MS }, (chunk) => append(file, chunk));
        if (!received.ok) return received;
        isKept = true;
        return ok({ read: () => file.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Uint8Array>, close });
      } finally {
        if (!isKept) await close();
      }
    },
  };
}

/** Its name is gone at once: whatever ends the program, no file is left. */
async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `gridpass-upload-${randomToken(16)}`);
  try {
    const file = await open(path, 'wx+', 0o600);
    await rm(path).catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    return file;
  } catch (cause) {
    throw new Fault('STORE_UNAVAILABLE', `no temporary file in ${tmpdir()}; make room there or set TMPDIR`, { cause });
  }
}

async function append(file: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    await file.writeFile(chunk);
  } catch (cause) {
    throw new Fault('STORE_UNAVAILABLE', `the temporary file in ${tmpdir()} takes no more; make room there or set TMPDIR`, { cause });
  }
}
