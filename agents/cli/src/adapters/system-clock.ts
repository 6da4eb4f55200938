import { instant } from '@gridpass/core';
import type { Clock } from '@gridpass/core';

/** The machine's clock. */
export const systemClock: Clock = { now: () => instant(Math.floor(Date.now() / 1000)) };
