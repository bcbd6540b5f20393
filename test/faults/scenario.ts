export type Engine = 'sqlite' | 'postgres';

/** What came out; what a scenario does not count it leaves out. */
export type Figures = {
  /** Events whose caller was told that they are kept. */
  acknowledged?: number;
  /** Those of them that the receiver has taken. */
  delivered?: number;
  lost?: number;
  /** Requests beyond the first for the same delivery. */
  duplicated?: number;
  kills?: number;
  /** The longest that an acknowledged event waited for its receiver, in s. */
  stall?: number;
  /** What the database says about itself afterwards. */
  integrity?: string;
};

export type Context = {
  engine: Engine;
  /** One of three: within the tests, by the command, in its long form. */
  pick: <T>(short: T, usual: T, long: T) => T;
  /** For what can be repeated for as long as one likes, in ms. */
  patience: number;
  /** An empty database and folder, as settings. */
  newDatabase: () => Promise<Record<string, string>>;
  /** What else must be so, as a sentence; the scenario goes on. */
  require: (isSo: boolean, sentence: string) => void;
  /** A figure of its own, as a sentence. */
  note: (sentence: string) => void;
  /** What is to be stopped, the latest first. */
  later: (stop: () => unknown) => void;
};

export type Scenario = {
  name: string;
  engines: Engine[];
  run: (context: Context) => Promise<Figures>;
};

export const both: Engine[] = ['sqlite', 'postgres'];
