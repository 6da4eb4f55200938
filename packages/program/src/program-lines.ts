import process from 'node:process';

/** How bad it is: `error` is for whoever runs the program, `warn` is a request that was turned down, `info` is everything else. */
export type Level = 'info' | 'warn' | 'error';

/** Writes one JSON object a line, with time, level, program and kind before what is told. `write` is standard output unless given. */
export function createLines(program: string, write: (line: string) => void = writeOut): (event: object) => void {
  return (event) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level: levelOf(event), program, kind: kindOf(event), ...event })}\n`);
}

/** The kind of a line, also of one that is told without: `work` is what a program did by itself, which names its task and no method. */
function kindOf(event: object): string {
  if ('kind' in event && typeof event.kind === 'string') return event.kind;
  if ('method' in event && event.method !== '') return 'request';
  return 'route' in event && event.route === 'connection' ? 'connection' : 'work';
}

const writeOut = (line: string): void => void process.stdout.write(line);

function levelOf(event: object): Level {
  if ('kind' in event && event.kind === 'fault') return 'error';
  const status = 'status' in event ? event.status : undefined;
  if (status === 'unready' || status === 'refused' || status === 'undelivered') return 'error';
  if (typeof status !== 'number') return 'info';
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
}
