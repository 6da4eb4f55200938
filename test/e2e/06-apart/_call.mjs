// One call to a program of the walk, for its test: `node _call.mjs URL METHOD TOKEN [JSON]` prints status and body.
const [url, method, token, body] = process.argv.slice(2);
const response = await fetch(url, {
  method,
  headers: {
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  },
  ...(body === undefined ? {} : { body }),
});
const text = await response.text();
const isJson = (response.headers.get('content-type') ?? '').includes('json');
console.log(JSON.stringify({ status: response.status, body: isJson ? JSON.parse(text) : text }));
