import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createAccessToken, digestOf } from '@gridpass/codec';
import { accountFromPrivateKey } from '@gridpass/ledger';
import { withExamples } from '../help.js';
import type { Io } from '../io.js';
import { addOutputOptions, show } from '../output.js';
import type { OutputOptions } from '../output.js';
import { writeText } from './new-file.js';

/** What is made: the text of the file, and what may be known of it by everybody. */
interface Made {
  readonly text: string;
  readonly known: Readonly<Record<string, string>>;
  readonly says: string;
}

const KINDS: readonly { readonly name: string; readonly says: string; readonly example: string; readonly make: () => Made }[] = [
  {
    name: 'token',
    example: 'ops.token',
    says: 'a token for an operator, owner or auditor; its digest is for the configuration',
    make: () => {
      const text = createAccessToken();
      const tokenDigest = digestOf(text);
      return { text, known: { tokenDigest }, says: tokenDigest };
    },
  },
  {
    name: 'key-encryption-key',
    example: 'issuer.kek',
    says: "the key under which a program's private keys are stored",
    make: () => ({ text: randomBytes(32).toString('hex'), known: {}, says: '' }),
  },
  {
    name: 'account',
    example: 'relayer.account',
    says: 'the key of an account on a chain; its address is for whoever funds it',
    make: () => {
      const text = `0x${randomBytes(32).toString('hex')}`;
      const { account } = accountFromPrivateKey(text);
      return { text, known: { account }, says: account };
    },
  },
];

/** `gridpass secret`: files with the secrets that programs and people start with. A secret itself is never printed. */
export function addSecretCommands(program: Command, io: Io): void {
  const secret = program.command('secret').description('files with secrets to start with, readable by their owner alone');
  const create = secret.command('create').description('write a new secret into a new file');
  for (const { name, says, example, make } of KINDS) {
    const command = addOutputOptions(create.command(name).description(says).argument('<file...>', 'files that are not there yet'));
    command.action(async (files: readonly string[], options: OutputOptions) => {
      const written: (Made & { readonly file: string })[] = [];
      try {
        for (const file of files) {
          const made = make();
          await writeText(resolve(io.directory, file), `${made.text}\n`);
          written.push({ file, ...made });
        }
      } finally {
        // What was written before one that cannot be stays, and is told.
        show(io, options, {
          document: { secrets: written.map(({ file, known }) => ({ file, ...known })) },
          names: written.map(({ file }) => file),
          people: () => written.filter((one) => one.says !== '').forEach((one) => io.out(`${one.says}  ${one.file}\n`)),
        });
      }
    });
    withExamples(command, `gridpass secret create ${name} ${example}`);
  }
}
