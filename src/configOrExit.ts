import { type Config, ConfigError, readConfig } from './config.js';

/** The configuration, or exit code 1 and what is wrong with it on stderr. */
export function configOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
