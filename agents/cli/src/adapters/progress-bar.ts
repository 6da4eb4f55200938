import type { Io } from '../io.js';

const WIDTH = 30;

/** A bar that is drawn over on a terminal, and told in tenths elsewhere. */
export interface ProgressBar {
  update(done: number, note: string): void;
  end(): void;
}

/** A bar over `total` bytes on standard error, so that standard output stays the report's. */
export function createProgressBar(io: Pick<Io, 'err' | 'drawsOver'>, total: number): ProgressBar {
  let tenth = -1;
  let drawn = false;
  return {
    update: (done, note) => {
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const now = Math.floor(share * 10);
      if (!io.drawsOver && now === tenth) return;
      tenth = now;
      const filled = Math.round(share * WIDTH);
      const line = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %  ${note}`;
      io.err(io.drawsOver ? `\r${line}` : `${line}\n`);
      drawn = true;
    },
    end: () => {
      if (drawn && io.drawsOver) io.err('\n');
    },
  };
}
