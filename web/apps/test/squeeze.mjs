// Writes the pictures again as small as they can be, without a change to any of their pixels. Needs `cwebp` and `dwebp`
// (Debian: the package `webp`). Run it after new pictures were taken; those that git has as they are stay as they are.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./pictures/', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'offhook-pictures-'));
const sum = () => readdirSync(folder).reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0);
const before = sum();
const git = ['ls-files', '--modified', '--others', '--full-name', '--', folder];
const taken = execFileSync('git', git, { cwd: folder, encoding: 'utf8' }).split('\n').filter(Boolean).map((path) => basename(path)).filter((name) => existsSync(join(folder, name)));
for (const name of taken) {
  const [plain, small] = [join(work, 'plain.png'), join(work, name)];
  execFileSync('dwebp', ['-quiet', join(folder, name), '-o', plain]);
  execFileSync('cwebp', ['-quiet', '-lossless', '-exact', '-z', '9', plain, '-o', small]);
  if (statSync(small).size < statSync(join(folder, name)).size) copyFileSync(small, join(folder, name));
  rmSync(small);
}
rmSync(work, { recursive: true });
console.log(`${(before / 1e6).toFixed(1)} MB before, ${(sum() / 1e6).toFixed(1)} MB now`);
