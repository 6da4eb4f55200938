/** Whether a caught value is an error of the platform or of the chain library with this `code`. */
export function hasErrorCode(cause: unknown, code: string): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === code;
}
