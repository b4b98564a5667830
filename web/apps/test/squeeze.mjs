// Writes the pictures again as small as they can be, without a change to any of their pixels. Needs `cwebp` and `dwebp`
// (Debian: the package `webp`). Run it after new pictures were taken.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./pictures/', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'offhook-pictures-'));
const sum = () => readdirSync(folder).reduce((bytes, name) => bytes + statSync(join(folder, name)).size, 0);
const before = sum();
for (const name of readdirSync(folder)) {
  const [plain, small] = [join(work, 'plain.png'), join(work, name)];
  execFileSync('dwebp', ['-quiet', join(folder, name), '-o', plain]);
  execFileSync('cwebp', ['-quiet', '-lossless', '-exact', '-z', '9', plain, '-o', small]);
  if (statSync(small).size < statSync(join(folder, name)).size) copyFileSync(small, join(folder, name));
  rmSync(small);
}
rmSync(work, { recursive: true });
console.log(`${(before / 1e6).toFixed(1)} MB before, ${(sum() / 1e6).toFixed(1)} MB now`);
