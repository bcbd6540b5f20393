/** The tabs of a bot's pages, in order. */
export const tabs = [
  { name: 'Overview', path: '' },
  { name: 'Data sources', path: '/data-sources' },
  { name: 'Webhooks', path: '/webhooks' },
  { name: 'Conversations', path: '/conversations' },
  { name: 'Widget', path: '/widget' },
  { name: 'Settings', path: '/settings' },
];
