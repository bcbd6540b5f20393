import type { Actor } from './actor.js';

const own = [
  { name: 'API keys', path: 'api-keys', icon: 'key', about: 'Let programs act as you through the API.' },
  { name: 'Password', path: 'password', icon: 'lock', about: 'Change it, and sign out everywhere else.' },
];

const house = [
  { name: 'Users', path: 'users', icon: 'users', about: 'Who may sign in, as admin or as agent.' },
  { name: 'Outbound rules', path: 'outbound', icon: 'world', about: 'Which addresses Hookbell may reach.' },
  {
    name: 'Storage',
    path: 'storage',
    icon: 'database',
    about: 'What takes how much space, and for how long.',
  },
  {
    name: 'Configuration',
    path: 'configuration',
    icon: 'file-download',
    about: 'Bots with their data sources, webhooks and channels as a file, and back.',
  },
  { name: 'Audit log', path: 'audit', icon: 'list-details', about: 'Who changed what, and when.' },
];

/** The pages behind `/app/settings`, as cards. */
export const settingsFor = (role: Actor['role']) => (role === 'admin' ? [...own, ...house] : own);
