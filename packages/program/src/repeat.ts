/** Repeated work under way. */
export interface Repeating {
  /** Starts no further round and waits for the one under way. */
  stop(): Promise<void>;
}

/**
 * Does `work` again and again, one round at a time, `seconds` after the end of the round before; a function is asked for them before each
 * round. What it throws is told and the next round comes; `done` is the last.
 */
export function startRepeating(
  seconds: number | (() => number),
  work: () => Promise<void | 'done'>,
  onError: (error: unknown) => void,
): Repeating {
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  let stopped = false;
  const plan = (): void => {
    if (stopped) return;
    timer = setTimeout(
      () => {
        round = work()
          .catch(onError)
          .then((ended) => {
            if (ended !== 'done') plan();
          });
      },
      (typeof seconds === 'number' ? seconds : seconds()) * 1_000,
    );
    timer.unref();
  };
  plan();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}
