interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers what concurrent callers bring while a write is running and writes it in one go. `write` returns one result for each
 * item, in order; if it throws, every caller of that batch gets the error.
 */
export function createBatch<T, R>(write: (items: readonly T[]) => Promise<readonly R[]>, maxItems: number): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      try {
        const results = await write(batch.map(({ item }) => item));
        batch.forEach(({ resolve, reject }, i) => {
          const result = results[i];
          if (result === undefined) reject(new RangeError('a batch returned too few results'));
          else resolve(result);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  };
  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // One turn later, so that all who ask in this turn share the first batch too.
      if (!running) {
        running = true;
        queueMicrotask(() => {
          void run();
        });
      }
    });
}
