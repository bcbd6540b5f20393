/** Who does something: a signed-in user, the user of an API key, or Hookbell itself. */
export type Actor = { id: string | null; name: string; email: string; role: 'admin' | 'agent' };

export const hookbell: Actor = { id: null, name: 'Hookbell', email: '', role: 'admin' };

/** The command line: whoever may run it owns the server. */
export const commandLine: Actor = { id: null, name: 'Command line', email: '', role: 'admin' };
