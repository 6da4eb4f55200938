/**
 * The platform's fetch with a connection for each request. Server and client of a test share one thread: after a long
 * computation a kept connection may be one that the server has just closed.
 */
export const freshFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  request.headers.set('connection', 'close');
  return fetch(request);
};
