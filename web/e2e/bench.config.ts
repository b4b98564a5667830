import { defineConfig } from '@playwright/test';

export default defineConfig({ testDir: 'bench', workers: 1, timeout: 20 * 60_000, reporter: [['list']] });
