import { spawn } from 'node:child_process';
import { once } from 'node:events';

// The attack suite in its long form: 20,000 requests of a new seed, 500 slow callers, every page in the browser.
const specs = ['--spec', 'dist/test/security/*.test.js'];
const mocha = spawn('npx', ['mocha', '--no-package', '--timeout', '1800000', ...specs], {
  stdio: 'inherit',
  env: { ...process.env, SECURITY: 'long' },
});
const [code] = await once(mocha, 'close');
process.exitCode = code ?? 1;
