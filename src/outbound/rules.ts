import type { Rule } from '../net/rules.js';

/** The rules that count: those of the environment, and those of the database as they were read last. */
export function rulesInForce(fromEnvironment: readonly Rule[]) {
  let all = fromEnvironment;
  return {
    all: () => all,
    /** Takes these as those of the database; true if that changed anything. */
    use(stored: readonly Rule[]): boolean {
      const next = [...fromEnvironment, ...stored];
      if (JSON.stringify(next) === JSON.stringify(all)) return false;
      all = next;
      return true;
    },
  };
}

export type RulesInForce = ReturnType<typeof rulesInForce>;
