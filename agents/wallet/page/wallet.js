// The page keeps the token in this tab alone and builds everything with text nodes: nothing a credential says becomes markup.
const $ = (id) => document.getElementById(id);
let session = JSON.parse(sessionStorage.getItem('wallet') ?? 'null');
let proposal = null;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className !== undefined) made.className = className;
  return made;
}

async function call(method, path, body) {
  const response = await fetch(`/wallets/${encodeURIComponent(session.tenant)}${path}`, {
    method,
    headers: { authorization: `Bearer ${session.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw new Error([answer.code, ...(answer.because ?? [])].join(' · '));
  return answer;
}

const say = (text) => {
  $('message').textContent = text;
};
const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');

function guarded(work) {
  return async (event) => {
    event?.preventDefault();
    say('…');
    try {
      say((await work(event)) ?? '');
    } catch (error) {
      say(error.message);
    }
  };
}

function credentialCard(copies) {
  const [credential] = copies;
  const card = element('article');
  const title = element('h3', credential.type.replace(/([a-z])([A-Z])/g, '$1 $2'));
  title.append(' ', element('small', credential.state, credential.state));
  const list = element('dl');
  const row = (name, value) => list.append(element('dt', name), element('dd', value));
  for (const [name, value] of Object.entries(credential.claims)) row(name, typeof value === 'string' ? value : JSON.stringify(value));
  row('from', credential.issuer);
  row('until', day(credential.validUntil));
  row('copies', String(copies.length));
  card.append(title, list);
  return card;
}

async function show() {
  const [wallet, { credentials }, { disclosures }] = await Promise.all([
    call('GET', ''),
    call('GET', '/credentials'),
    call('GET', '/disclosures'),
  ]);
  $('who').textContent = wallet.displayName;
  $('open').hidden = true;
  $('inside').hidden = false;
  // Copies for different verifiers say the same; people see one card.
  const groups = new Map();
  for (const credential of credentials) {
    const key = JSON.stringify([credential.type, credential.issuer, credential.validUntil, credential.claims]);
    groups.set(key, [...(groups.get(key) ?? []), credential]);
  }
  $('credentials').replaceChildren(...[...groups.values()].map(credentialCard));
  $('disclosures').replaceChildren(
    ...disclosures.map(({ at, verifier, answer, shown }) =>
      element(
        'li',
        `${day(at)} · ${verifier} · ${shown.map(({ type, claims }) => `${type}: ${claims.join(', ')}`).join('; ')} · ${answer}`,
      ),
    ),
  );
}

function closeConsent() {
  proposal = null;
  $('consent').hidden = true;
}

$('open').addEventListener(
  'submit',
  guarded(async (event) => {
    session = Object.fromEntries(new FormData(event.target));
    await show();
    sessionStorage.setItem('wallet', JSON.stringify(session));
  }),
);

$('link').addEventListener(
  'submit',
  guarded(async (event) => {
    const { link, txCode } = Object.fromEntries(new FormData(event.target));
    if (link.startsWith('openid4vp')) {
      proposal = await call('POST', '/proposals', { request: link });
      $('asker').textContent = `${proposal.verifier} (${proposal.standing}) asks, and gets the answer at ${proposal.answerTo}:`;
      $('shows').replaceChildren(
        ...proposal.shows.map(({ type, claims }) => element('li', `${type}: ${claims.join(', ') || 'nothing but that you hold it'}`)),
      );
      $('consent').hidden = false;
      return 'Nothing has been sent yet.';
    }
    const { credentials } = await call('POST', '/offers', { offer: link, ...(txCode === '' ? {} : { txCode }) });
    event.target.reset();
    await show();
    return `${credentials.length} received.`;
  }),
);

$('yes').addEventListener(
  'click',
  guarded(async () => {
    const { status, body } = await call('POST', `/proposals/${proposal.id}`);
    closeConsent();
    await show();
    return status < 300 ? 'Accepted.' : `Turned away: ${body.code ?? status}`;
  }),
);

$('no').addEventListener(
  'click',
  guarded(async () => {
    await call('DELETE', `/proposals/${proposal.id}`);
    closeConsent();
    return 'Nothing was shown.';
  }),
);

$('erase').addEventListener(
  'click',
  guarded(async () => {
    await call('DELETE', '/disclosures');
    await show();
    return 'Erased.';
  }),
);

if (session !== null) guarded(show)();
