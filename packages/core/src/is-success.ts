/** Whether an HTTP status says that the answer is what was asked for: any 2xx (RFC 9110 15.3), e.g. 203 from a proxy that changed it. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
