import type { ActRecord } from './state-file.js';
import type { Society } from './compose.js';
import { ACTS } from './acts/index.js';
import type { Narrator } from './narrator.js';

/** What a run amounts to; printed by `--once`. */
export interface Summary {
  readonly ok: true;
  /** Whether every act had been played before. */
  readonly resumed: boolean;
  readonly acts: readonly ({ readonly id: string } & ActRecord)[];
  readonly urls: Readonly<Record<string, string>>;
  readonly tenants: Readonly<Record<string, string>>;
  readonly chain: { readonly chainId: number; readonly contracts: Readonly<Record<string, string>> };
}

/** Plays what has not been played. An act is written down when it is over; one that broke off is played again as a whole. */
export async function playActs(society: Society, narrator: Narrator): Promise<Summary> {
  let played = 0;
  for (const act of ACTS) {
    if (society.state().acts[act.id] !== undefined) continue;
    narrator.act(act.title);
    const facts = await act.play(society, narrator.says);
    await society.keepAct(act.id, { title: act.title, at: society.program.clock.now(), facts });
    played += 1;
  }
  const { acts, urls, tenants, chain } = society.state();
  return {
    ok: true,
    resumed: played === 0,
    urls,
    tenants,
    chain,
    acts: ACTS.flatMap(({ id }) => {
      const record = acts[id];
      return record === undefined ? [] : [{ id, ...record }];
    }),
  };
}
