import { toPlainText } from '@gridpass/codec';
import { z } from 'zod';

/** A name in a configuration that is shown to people: one line of 1 to `most` characters that can be seen, kept in NFC. */
export const plainTextConfig = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine(
      (text) => toPlainText(text) !== undefined,
      'one line of characters that can be seen; no controls of direction, no invisible ones',
    )
    .overwrite((text) => toPlainText(text) ?? text);
