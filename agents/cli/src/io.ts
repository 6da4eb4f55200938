/** How a command ends; `exit.ts` has the numbers. */
export type Ending = 'yes' | 'no' | 'usage' | 'fault';

/** What a command may touch of the process it runs in; tests bring their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `err` is a terminal on which a line can be drawn over. */
  readonly drawsOver: boolean;
  /** Whether `out` shows colours; not unless told. */
  readonly colours?: boolean;
  /** Asks the person at the terminal; missing where there is none. */
  readonly ask?: (question: string) => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory that relative paths and `.gridpass/` are looked up in. */
  readonly directory: string;
}

/** Ends a command after its output was written: the answer is no, or could not be told, which is no error. */
export class AnswerIsNo extends Error {
  readonly ending: Ending;
  constructor(ending: 'no' | 'fault' = 'no') {
    super('no');
    this.name = 'AnswerIsNo';
    this.ending = ending;
  }
}

/** An error with a stable code and one line of help. */
export class CommandError extends Error {
  readonly code: string;
  /** How the command ends; by the code unless told. */
  readonly ending: Ending | undefined;
  constructor(code: string, message: string, options?: { readonly cause?: unknown; readonly ending?: Ending }) {
    super(message, options);
    this.name = 'CommandError';
    this.code = code;
    this.ending = options?.ending;
  }
}
