import type { Outcome } from '@gridpass/core';
import type { ActContext, IssuerEngine } from '../../index.js';
import type { Answer, Model, WishName } from './model.js';
import type { LifeCycleWorld } from './world.js';

/**
 * One act, aimed at what is there: what the model says of it and how the engine is asked. `step` may be run in either order with
 * another act, so it looks at the state by itself and takes nothing for granted but that what it is aimed at exists.
 */
export interface AimedAct {
  readonly wish: WishName;
  /** What only one may ask for at a time; of two at once either one is told to come again. */
  readonly claim?: string;
  readonly step: (model: Model, at: number) => Answer;
  readonly perform: (engine: IssuerEngine, context: ActContext, world: LifeCycleWorld) => Promise<Outcome<unknown>>;
}

/** An act that fast-check draws; undefined where there is nothing to aim it at. */
export interface Act {
  readonly name: string;
  readonly aim: (model: Model) => AimedAct | undefined;
}

/** One of the rows by a number that was drawn before anybody knew how many there are. */
export const pick = <T>(rows: readonly T[], number: number): T | undefined => rows[number % Math.max(1, rows.length)];

/** Of the rows those of the wish; where it has none, all but the operator's role, so that few acts are aimed at nothing. The newest first. */
export function nearest<T extends { readonly wish: WishName }>(rows: readonly T[], wish: WishName): readonly T[] {
  const own = rows.filter((row) => row.wish === wish);
  return (own.length > 0 || wish === 'role' ? own : rows.filter((row) => row.wish !== 'role')).toReversed();
}
