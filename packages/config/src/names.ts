/** `publicOrigin` is read from `<prefix>PUBLIC_ORIGIN`, `store.url` from `<prefix>STORE__URL`. */
export function toEnvName(prefix: string, path: readonly string[]): string {
  return prefix + path.map(toSegment).join('__');
}

/** The key in capitals with an underscore before each former capital. */
export function toSegment(key: string): string {
  return key.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase();
}

/** The known name nearest to a misspelt one, if any is near enough to be meant. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distanceOf(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best !== undefined && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein distance, one row at a time. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, character] of [...a].entries()) {
    let diagonal = index;
    let left = index + 1;
    row = row.map((up, column) => {
      if (column === 0) return left;
      const replaced = diagonal + (character === b.charAt(column - 1) ? 0 : 1);
      diagonal = up;
      left = Math.min(replaced, up + 1, left + 1);
      return left;
    });
  }
  return row.reduce((_, last) => last);
}
