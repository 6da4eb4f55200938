/** What a command may touch of the process it runs in; tests bring their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `err` is a terminal on which a line can be drawn over. */
  readonly drawsOver: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The directory that relative paths and `.gridpass/` are looked up in. */
  readonly directory: string;
}

/** Ends a command after its output was written: the answer is no, which is not an error. Its exit code is 1 unless a command tells kinds of no apart. */
export class AnswerIsNo extends Error {
  readonly exitCode: number;
  constructor(exitCode = 1) {
    super('no');
    this.name = 'AnswerIsNo';
    this.exitCode = exitCode;
  }
}

/** An error with a stable code and one line of help. */
export class CommandError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'CommandError';
    this.code = code;
  }
}
