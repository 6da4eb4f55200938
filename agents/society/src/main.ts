import process from 'node:process';
import { join, resolve } from 'node:path';
import { describeFailure, runMain } from '@gridpass/program';
import { HOUSEHOLDS, ORGANISATIONS, SHOWN_BY } from './cast.js';
import { composeSociety, type Society } from './compose.js';
import { readSocietyConfig } from './config.js';
import { createNarrator } from './narrator.js';
import { playActs } from './play.js';

await runMain(async () => {
  const config = readSocietyConfig(process.argv.slice(2), process.env);
  // With --once standard output holds the summary alone, so that a program can read it.
  const narrator = createNarrator((text) => void (config.once ? process.stderr : process.stdout).write(text));
  const society = await composeSociety(config, (part) => narrator.says(`starting: ${part}`));
  try {
    const summary = await playActs(society, narrator);
    if (config.once) {
      if (summary.resumed)
        narrator.says(
          'Nothing was played: this society has played its acts before, and the summary tells of them. For a new one: --directory DIR',
        );
      process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
      await society.close();
      return undefined;
    }
    showWhereToGo(society, narrator.table, summary.resumed);
    return society;
  } catch (error) {
    if (config.once) process.stdout.write(`${JSON.stringify({ ok: false, failure: describeFailure(error).split('\n')[0] })}\n`);
    await society.close();
    throw error;
  }
});

function showWhereToGo(society: Society, table: (rows: readonly (readonly [string, string])[]) => void, resumed: boolean): void {
  const { urls } = society.state();
  process.stdout.write(
    resumed ? '\nThe society is as you left it: same DIDs, same credentials, same chain.\n\n' : '\nThe society is running.\n\n',
  );
  table(Object.entries(urls));
  showWallets(society, urls['wallet'] ?? '', table);
  process.stdout.write('\nTry, in another terminal:\n');
  // Found by itself only where the command line looks for it.
  const which = societyFile(society) === resolve('.gridpass', 'society.json') ? '' : ` --society ${societyFile(society)}`;
  table([
    [`npx gridpass status${which}`, 'what runs where'],
    ['npx gridpass id check eic 10X1001A1001A248', 'is this code well-formed?'],
    [`npx gridpass register import FILE${which}`, 'a party register of your own'],
    [`npx gridpass application list --tenant regulator${which}`, 'who applied at the regulator'],
    [`npx gridpass credential list --tenant dso${which}`, 'what the grid operator has issued'],
    [`npx gridpass audit verify ${join(society.config.directory, 'audit', 'market-operator.ndjson')}`, 'check the log offline'],
  ]);
  process.stdout.write(`\nTokens and addresses: ${societyFile(society)}. Ctrl-C stops all of it.\n`);
}

function societyFile(society: Society): string {
  return join(society.config.directory, 'society.json');
}

/** INVARIANT: says where a token lies, never the token: what is printed ends up in logs. */
function showWallets(society: Society, url: string, table: (rows: readonly (readonly [string, string])[]) => void): void {
  const [wallet] = HOUSEHOLDS;
  const command = `node -p "JSON.parse(fs.readFileSync('${societyFile(society)}')).tokens['wallet:${wallet}']"`;
  process.stdout.write(
    `\nLook at a wallet: open ${url}/ in a browser, wallet ${wallet}, with the token that this prints:\n` +
      `  ${command}\nThe same page and command, with another name in the place of ${wallet}, show the wallet of:\n`,
  );
  table([
    ...HOUSEHOLDS.slice(1).map((name) => [name, 'another household'] as const),
    ...ORGANISATIONS.map((name) => [name, SHOWN_BY[name]] as const),
  ]);
  process.stdout.write(
    'Regulator and grid operator decide at the command line, which finds their tokens by itself (below). The other addresses are for programs.\n',
  );
}
