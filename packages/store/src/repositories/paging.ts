import { InputError } from '@gridpass/core';

/** The place after a row that is ordered by a number and then by an id. */
export function cursorAt(number: number, id: string): string {
  return `${number}.${id}`;
}

/** Reads a cursor back; throws InputError REQUEST_MALFORMED for a text that no page gave out. */
export function readCursor(text: string): { readonly number: number; readonly id: string } {
  const match = /^(\d{1,15})\.([A-Za-z0-9_.-]{1,64})$/u.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new InputError('REQUEST_MALFORMED', 'the cursor is not one that a page gave out');
  return { number: Number(match[1]), id: match[2] };
}
