import process from 'node:process';

/** How bad it is: `error` is for whoever runs the program, `warn` is a request that was turned down, `info` is everything else. */
export type Level = 'info' | 'warn' | 'error';

/** Writes one JSON object a line, with time, level and program before what is told. `write` is standard output unless given. */
export function createLines(program: string, write: (line: string) => void = writeOut): (event: object) => void {
  return (event) => write(`${JSON.stringify({ time: new Date().toISOString(), level: levelOf(event), program, ...event })}\n`);
}

const writeOut = (line: string): void => void process.stdout.write(line);

function levelOf(event: object): Level {
  if ('kind' in event && event.kind === 'fault') return 'error';
  const status = 'status' in event ? event.status : undefined;
  if (status === 'unready' || status === 'refused' || status === 'undelivered') return 'error';
  if (typeof status !== 'number') return 'info';
  return status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
}
