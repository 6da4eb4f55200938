// The page keeps the token in this tab alone and builds everything with text nodes: nothing a credential says becomes markup.
const $ = (id) => document.getElementById(id);
const KEPT = 'wallet';
const EPOCH_DAYS = new Set(['entitledFrom', 'entitledUntil', 'commissioned', 'conformityUntil']);
const STANDING = {
  registered: 'A registered market asks. Its registration covers what it asks for.',
  unregistered: 'Somebody who is not registered asks. Show this only if you know who it is.',
};
const NOT_TRUSTED =
  'REQUEST_NOT_TRUSTED · Whoever asks could not prove who it is, or asks for more than it is registered for. Nothing was shown.';
const ANSWERS = { accepted: 'accepted', refused: 'turned away', sent: 'sent, no answer yet' };

let session = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
let proposal = null;
let held = [];

/** What others wrote may hold what nobody sees, or what moves what is seen; a mark stands in its place. Joiners stay, for the scripts that need them, and ends of lines. */
const visible = (text) =>
  String(text).replace(/(?![\u200c\u200d\n\t])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufffc]/gu, '\ufffd');
/** A foreign text inside a sentence of ours (Unicode Annex 9: FSI and PDI), so that it does not turn the rest around. */
const isolated = (text) => (/^[ -~]*$/.test(text) ? String(text) : `\u2068${visible(text)}\u2069`);

/** Fills an element with a text that runs as its own letters do, and does not turn around what stands beside it. */
function fill(made, text) {
  const isolate = document.createElement('bdi');
  isolate.textContent = visible(text);
  made.replaceChildren(isolate);
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) fill(made, text);
  if (className !== undefined) made.className = className;
  return made;
}

async function send(method, path, body) {
  let response;
  try {
    response = await fetch(`wallets/${encodeURIComponent(session.tenant)}${path}`, {
      method,
      headers: { authorization: `Bearer ${session.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new Error('The wallet does not answer.');
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  if (answer.code === 'REQUEST_NOT_TRUSTED') throw new Error(NOT_TRUSTED);
  throw new Error([answer.code ?? `status ${response.status}`, ...(answer.because ?? []).map(isolated)].join(' · '));
}

async function call(method, path, body) {
  const response = await send(method, path, body);
  return response.status === 204 ? {} : response.json();
}

function say(text, failed = false) {
  $('message').textContent = text;
  $('message').classList.toggle('failed', failed);
}

/** Runs one thing at a time, so that nothing is sent twice by two clicks, and tells how it ended. */
function guarded(work) {
  return async (event) => {
    event?.preventDefault();
    const buttons = [...document.querySelectorAll('button')];
    if (buttons.some(({ disabled }) => disabled)) return;
    for (const button of buttons) button.disabled = true;
    say('…');
    try {
      say((await work(event)) ?? '');
    } catch (error) {
      say(error.message, true);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
}

const on = (id, event, work) => $(id).addEventListener(event, guarded(work));
const fieldsOf = (event) => Object.fromEntries(new FormData(event.target));

// People read words and dates; the names and units are those of the schemas.
const title = (type) => type.replace(/([a-z])([A-Z])/g, '$1 $2');
const words = (name) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`)
    .replace(/ (eic|did)$/, (code) => code.toUpperCase())
    .replace(/ (w|wh|cents)$/, '');
const STATES = { unknown: 'not asked yet' };
const day = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);
const minute = (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function claimText(name, value) {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (typeof value === 'number') {
    if (EPOCH_DAYS.has(name)) return day(value * 86_400);
    const unit = /(?:[a-z])(Wh|W|Cents)$/.exec(name)?.[1];
    return unit === undefined ? String(value) : `${value.toLocaleString('en')} ${unit === 'Cents' ? 'cents' : unit}`;
  }
  if (Array.isArray(value)) return value.map((item) => claimText(name, item)).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

// Every copy has its claims in an order of its own, so that the order tells nothing.
const sortedClaims = ({ claims }) => Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1));

function addRow(list, name, value, className) {
  list.append(element('dt', name), element('dd', value, className));
}

// What is weak in one copy is told of all: they look alike to whoever holds them.
function warningTexts(copies) {
  const claims = new Set(copies.flatMap(({ warnings = [] }) => warnings.flatMap((warning) => warning.claims)));
  if (claims.size === 0) return [];
  const names = [...claims].sort().map(words).join(', ');
  return [`its issuer hid ${names} badly: whoever is shown this credential may find it out although you withhold it`];
}

function credentialCard(copies) {
  const [credential] = copies;
  const card = element('article');
  const heading = element('h3');
  heading.append(
    element('span', title(credential.type)),
    element('span', STATES[credential.state] ?? credential.state, `state ${credential.state}`),
  );
  const list = element('dl');
  for (const [name, value] of sortedClaims(credential)) addRow(list, words(name), claimText(name, value));
  addRow(list, 'issued by', credential.issuer, 'code');
  addRow(list, 'good until', day(credential.validUntil));
  if (copies.length > 1) addRow(list, 'copies', `${copies.length}, one for each service that may see it`);
  for (const text of warningTexts(copies)) addRow(list, 'beware', text);
  card.append(heading, list);
  return card;
}

function applicationCard({ id, type, state, reason, issuer, submittedAt, receivedAt, problem, because = [] }) {
  const item = element('li');
  const card = element('article');
  const heading = element('h3');
  heading.append(element('span', title(type)), element('span', receivedAt === undefined ? state : 'received', `state ${state}`));
  const list = element('dl');
  addRow(list, 'asked of', issuer, 'code');
  addRow(list, 'asked on', day(submittedAt));
  if (reason !== '') addRow(list, 'they say', reason);
  if (problem !== undefined) addRow(list, 'not done yet', [problem, ...because.map(isolated)].join(' · '));
  const drop = element('button', 'Forget it', 'quiet');
  drop.type = 'button';
  drop.addEventListener(
    'click',
    guarded(async () => {
      await call('DELETE', `/applications/${id}`);
      await show();
      return 'Forgotten here. The issuer was told nothing.';
    }),
  );
  card.append(heading, list, drop);
  item.append(card);
  return item;
}

function evidenceChoice({ id, type, face, validUntil }) {
  const label = element('label');
  const box = element('input');
  box.type = 'checkbox';
  box.name = 'evidence';
  box.value = id;
  label.append(box, element('span', `${title(type)}, good until ${day(validUntil)}, face ${face.slice(0, 6)}`));
  return label;
}

function disclosureCard({ at, verifier, responseUri, answer, shown }) {
  const item = element('li');
  const card = element('article');
  const heading = element('h3');
  const when = element('time', minute(at));
  when.dateTime = new Date(at * 1000).toISOString();
  heading.append(element('span', new URL(responseUri).host), when);
  const list = element('dl');
  for (const { type, claims } of shown) addRow(list, title(type), claims.map(words).join(', '));
  addRow(list, 'shown to', verifier, 'code');
  addRow(list, 'answer', ANSWERS[answer] ?? answer);
  card.append(heading, list);
  item.append(card);
  return item;
}

async function show() {
  const wallet = await call('GET', '');
  const [{ credentials }, { disclosures }, { applications }] = await Promise.all([
    call('GET', '/credentials'),
    call('GET', '/disclosures'),
    call('GET', '/applications'),
  ]);
  held = credentials;
  fill($('who'), wallet.displayName);
  $('open').hidden = true;
  $('out').hidden = false;
  $('inside').hidden = false;
  // Copies for different verifiers say the same; people see one card.
  const groups = new Map();
  for (const credential of credentials) {
    const key = JSON.stringify([credential.type, credential.issuer, credential.validUntil, credential.state, sortedClaims(credential)]);
    groups.set(key, [...(groups.get(key) ?? []), credential]);
  }
  const cards = [...groups.values()].map(credentialCard);
  $('credentials').replaceChildren(...(cards.length > 0 ? cards : [element('p', 'None yet.', 'hint')]));
  const applied = applications.map(applicationCard);
  $('applications').replaceChildren(...(applied.length > 0 ? applied : [element('li', 'Nothing so far.', 'hint')]));
  const showable = credentials.filter(({ format, state }) => format === 'dc+sd-jwt' && (state === 'valid' || state === 'unknown'));
  $('apply-evidence').replaceChildren($('apply-evidence').firstElementChild, ...showable.map(evidenceChoice));
  $('apply-evidence').hidden = showable.length === 0;
  const shown = [...disclosures].sort((a, b) => b.at - a.at).map(disclosureCard);
  $('disclosures').replaceChildren(...(shown.length > 0 ? shown : [element('li', 'Nothing so far.', 'hint')]));
}

function askForConsent(asked) {
  proposal = asked;
  fill($('standing'), STANDING[asked.standing] ?? asked.standing);
  const asker = element('dl');
  if (asked.party !== undefined) addRow(asker, 'registered party', `${asked.party.scheme.toUpperCase()} ${asked.party.value}`);
  addRow(asker, 'who asks', asked.verifier, 'code');
  if (asked.registeredBy !== undefined) addRow(asker, 'registered by', asked.registeredBy, 'code');
  addRow(asker, 'answer goes to', asked.answerTo);
  addRow(asker, 'open until', minute(asked.expiresAt));
  $('asker').replaceChildren(...asker.childNodes);
  $('shows').replaceChildren(
    ...asked.shows.flatMap(({ type, claims }) => {
      const from =
        held.find((credential) => credential.type === type && (credential.state === 'valid' || credential.state === 'unknown'))?.claims ??
        {};
      const list = element('dl');
      for (const name of claims) addRow(list, words(name), name in from ? claimText(name, from[name]) : '');
      if (claims.length === 0) addRow(list, 'nothing', 'but that you hold it');
      return [element('h3', title(type)), list];
    }),
  );
  $('consent').hidden = false;
  $('consent').focus();
  $('consent').scrollIntoView();
}

function closeConsent() {
  proposal = null;
  $('consent').hidden = true;
}

function showVisited({ from, status, body }) {
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  fill($('visited'), text);
  $('visited').hidden = from !== 'resource';
  return status < 300 ? 'You were let in.' : `Turned away: ${[body.code ?? status, ...(body.reasons ?? [])].map(isolated).join(' · ')}`;
}

function saveFile(name, type, text) {
  const link = element('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function forget() {
  sessionStorage.removeItem(KEPT);
  location.reload();
}

on('open', 'submit', async (event) => {
  session = fieldsOf(event);
  await show();
  sessionStorage.setItem(KEPT, JSON.stringify(session));
  event.target.reset();
  return 'Signed in.';
});

$('out').addEventListener('click', forget);

on('link', 'submit', async (event) => {
  const { link, txCode } = fieldsOf(event);
  closeConsent();
  if (link.trim().startsWith('openid4vp')) {
    askForConsent(await call('POST', '/proposals', { request: link.trim() }));
    event.target.reset();
    return 'Somebody asks to be shown something.';
  }
  const { credentials } = await call('POST', '/offers', { offer: link.trim(), ...(txCode === '' ? {} : { txCode }) });
  event.target.reset();
  await show();
  const warned = warningTexts(credentials);
  return [`${credentials.length} received.`, ...warned.map((text) => `Beware: ${text}.`)].join(' ');
});

on('visit', 'submit', async (event) => {
  closeConsent();
  $('visited').hidden = true;
  const answer = await call('POST', '/visits', { url: fieldsOf(event).url });
  if (answer.id === undefined) return showVisited(answer);
  askForConsent(answer);
  return 'The service asks to be shown something first.';
});

on('yes', 'click', async () => {
  const { id } = proposal;
  closeConsent();
  try {
    const answer = await call('POST', `/proposals/${id}`);
    if (answer.from !== undefined) return showVisited(answer);
    return answer.status < 300
      ? 'Accepted.'
      : `Turned away: ${[answer.body.code ?? answer.status, ...(answer.body.reasons ?? [])].map(isolated).join(' · ')}`;
  } finally {
    await show();
  }
});

on('no', 'click', async () => {
  const { id } = proposal;
  closeConsent();
  await call('DELETE', `/proposals/${id}`);
  return 'Declined. Nothing was shown.';
});

on('refresh', 'click', async () => {
  const { changed } = await call('POST', '/credentials/refresh', {});
  await show();
  return changed === 0 ? 'All as before.' : `${changed} changed.`;
});

on('ask', 'click', async () => {
  const { changed } = await call('POST', '/applications/refresh', {});
  await show();
  return changed === 0 ? 'All as before.' : `${changed} changed.`;
});

on('apply', 'submit', async (event) => {
  const { issuer, type, claims } = fieldsOf(event);
  const evidence = new FormData(event.target).getAll('evidence');
  let said;
  try {
    said = JSON.parse(claims);
  } catch {
    throw new Error('What it shall say is no JSON.');
  }
  await call('POST', '/applications', { issuer, type: type.trim(), claims: said, evidence });
  event.target.reset();
  await show();
  return 'Applied. The issuer decides.';
});

on('save-log', 'click', async () => {
  const response = await send('GET', '/disclosures.ndjson');
  saveFile(`shown-by-${session.tenant}.ndjson`, 'application/x-ndjson', await response.text());
  return 'Saved.';
});

on('erase', 'click', async () => {
  const { erased } = await call('DELETE', '/disclosures');
  await show();
  return `${erased} erased.`;
});

on('export', 'submit', async (event) => {
  const { archive } = await call('POST', '/export', { passphrase: fieldsOf(event).passphrase });
  saveFile(`${session.tenant}.gridpass-wallet`, 'application/octet-stream', archive);
  event.target.reset();
  return 'Saved. Keep the passphrase somewhere else.';
});

on('import', 'submit', async (event) => {
  const { file, passphrase } = fieldsOf(event);
  const { credentials } = await call('POST', '/import', { archive: await file.text(), passphrase });
  event.target.reset();
  await show();
  return `${credentials} credentials are back.`;
});

on('leave', 'submit', async (event) => {
  if (fieldsOf(event).name !== session.tenant) throw new Error('That is not the name of this wallet.');
  await call('POST', '/leave', {});
  forget();
});

if (session !== null) guarded(show)();
