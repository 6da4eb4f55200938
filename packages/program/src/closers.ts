/** What was opened so far. Everything is closed once, the last first, at the end or when a start fails midway. */
export interface Closers {
  /** Whatever is opened is added at once: nothing that can fail may stand in between. */
  add(close: () => void | Promise<void>): void;
  /** Closes all of it, also where one of them cannot be closed; throws the first reason why not. */
  close(): Promise<void>;
}

/** Nothing is open yet. */
export function createClosers(): Closers {
  const opened: (() => void | Promise<void>)[] = [];
  return {
    add: (close) => void opened.push(close),
    close: async () => {
      const failures: unknown[] = [];
      for (const close of opened.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

/**
 * Runs a start; where it fails, everything it added is closed again and the failure is thrown. A second failure, of a close,
 * is not told: it would hide what went wrong first.
 */
export async function openAll<T>(start: (closers: Closers) => Promise<T>): Promise<T & { close(): Promise<void> }> {
  const closers = createClosers();
  try {
    return { ...(await start(closers)), close: () => closers.close() };
  } catch (error) {
    await closers.close().catch((second: unknown) => {
      void second;
    });
    throw error;
  }
}
