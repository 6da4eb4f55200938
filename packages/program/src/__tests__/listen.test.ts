import { describe, expect, it } from '@jest/globals';
import { listen } from '../listen.js';

describe('listen', () => {
  it('says which port is taken, and frees its own on close', async () => {
    const first = await listen((_request, response) => response.end('here'), { host: '127.0.0.1', port: 0 });
    const second = listen(() => undefined, { host: '127.0.0.1', port: first.port });
    await expect(second).rejects.toMatchObject({ code: 'PORT_BUSY', message: expect.stringContaining(String(first.port)) });
    expect(await (await fetch(`http://127.0.0.1:${first.port}`)).text()).toBe('here');
    await first.close();
    const third = await listen(() => undefined, { host: '127.0.0.1', port: first.port });
    await third.close();
  });
});
