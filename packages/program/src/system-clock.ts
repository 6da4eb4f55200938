import { instant, type Clock } from '@gridpass/core';

/** The clock of this machine. Made here and nowhere else: packages take a Clock. */
export const systemClock: Clock = Object.freeze({ now: () => instant(Math.floor(Date.now() / 1000)) });
