import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import express, { Router } from 'express';

const root = join(import.meta.dirname, '../../..');

const vendor: Record<string, string> = {
  'tabler.css': join(root, 'node_modules/@tabler/core/dist/css/tabler.min.css'),
  'htmx.js': join(root, 'node_modules/htmx.org/dist/htmx.min.js'),
  'sse.js': join(root, 'node_modules/htmx-ext-sse/dist/sse.min.js'),
  'chart.js': join(root, 'node_modules/chart.js/dist/chart.umd.min.js'),
  'relative-time.js': join(root, 'node_modules/@github/relative-time-element/dist/bundle.js'),
};

/** The icons that the pages use, from Tabler's outline set. */
const icons = [
  'activity',
  'alert-triangle',
  'arrow-left',
  'arrow-right',
  'bell',
  'book',
  'books',
  'brand-notion',
  'check',
  'circle-check',
  'circle-dashed',
  'clock',
  'copy',
  'database',
  'external-link',
  'eye',
  'file-download',
  'file-text',
  'file-upload',
  'flask',
  'home',
  'inbox',
  'braces',
  'key',
  'list-details',
  'lock',
  'logout',
  'message-circle',
  'messages',
  'pencil',
  'player-pause',
  'player-play',
  'plus',
  'refresh',
  'robot',
  'rss',
  'search',
  'send',
  'settings',
  'table',
  'terminal-2',
  'trash',
  'upload',
  'user',
  'users',
  'webhook',
  'world',
  'x',
];

/** Our own css and js, the vendor files, and one sprite of icons. Anyone may read them. */
export function assets(): Router {
  const router = Router();
  const forAYear = { maxAge: '365d', immutable: true };
  router.get('/icons.svg', (_req, res) => {
    res.set('Cache-Control', 'public, max-age=31536000, immutable').type('image/svg+xml').send(iconSprite());
  });
  router.get('/vendor/:file', (req, res, next) => {
    const file = Object.hasOwn(vendor, req.params.file) ? vendor[req.params.file] : undefined;
    if (!file) return next();
    res.sendFile(file, { ...forAYear, dotfiles: 'allow' });
  });
  router.use(express.static(join(root, 'public'), { ...forAYear, index: false }));
  return router;
}

let sprite: string | undefined;

/** Made when somebody asks for it first: of the six thousand icons that are read, these are left. */
function iconSprite(): string {
  if (sprite) return sprite;
  const file = join(root, 'node_modules/@iconify-json/tabler/icons.json');
  const set = JSON.parse(readFileSync(file, 'utf8')) as { icons: Record<string, { body: string }> };
  const symbols = icons.map(
    (name) => `<symbol id="${name}" viewBox="0 0 24 24">${set.icons[name]!.body}</symbol>`,
  );
  sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
  return sprite;
}
