import type { Actor } from '../accounts/actor.js';

type Place = { title: string; href: string; about: string; icon: string; forAdmins?: true };

const places: Place[] = [
  { title: 'Dashboard', href: '/app', about: 'Figures, and what needs attention', icon: 'home' },
  { title: 'Bots', href: '/app/bots', about: 'All bots', icon: 'robot' },
  { title: 'New bot', href: '/app/bots/new', about: 'Make a bot', icon: 'plus', forAdmins: true },
  { title: 'Inbox', href: '/app/inbox', about: 'Conversations that wait for a human', icon: 'inbox' },
  {
    title: 'Events',
    href: '/app/event-types',
    about: 'What webhooks are told: fields, examples',
    icon: 'braces',
  },
  { title: 'Test receivers', href: '/app/receivers', about: 'URLs that show what arrives', icon: 'flask' },
  { title: 'API keys', href: '/app/settings/api-keys', about: 'For programs of yours', icon: 'key' },
  { title: 'Settings', href: '/app/settings', about: 'Of you and of this server', icon: 'settings' },
  { title: 'Users', href: '/app/settings/users', about: 'Admins and agents', icon: 'users', forAdmins: true },
  {
    title: 'Outbound rules',
    href: '/app/settings/outbound',
    about: 'Private addresses that may be reached',
    icon: 'lock',
    forAdmins: true,
  },
  {
    title: 'Configuration',
    href: '/app/settings/configuration',
    about: 'Export and import bots, data sources and webhooks as a file',
    icon: 'braces',
    forAdmins: true,
  },
  {
    title: 'Audit log',
    href: '/app/settings/audit',
    about: 'Who changed what',
    icon: 'list-details',
    forAdmins: true,
  },
  {
    title: 'Storage',
    href: '/app/settings/storage',
    about: 'What takes how much space',
    icon: 'database',
    forAdmins: true,
  },
  { title: 'Change password', href: '/app/settings/password', about: 'Yours', icon: 'user' },
];

/** Pages that do not belong to a bot, whose title or description holds all of these words. */
export function placesFor({ role }: Pick<Actor, 'role'>, words: string[]): Place[] {
  return places.filter(({ title, about, forAdmins }) => {
    const text = `${title} ${about}`.toLowerCase();
    return (role === 'admin' || !forAdmins) && words.every((word) => text.includes(word.toLowerCase()));
  });
}
