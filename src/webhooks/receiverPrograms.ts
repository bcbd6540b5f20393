import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../public/receivers');
const environment = 'HOOKBELL_SECRET=… HOOKBELL_SIGNING_SECRET=whsec_…';

const programs = [
  { name: 'JavaScript', file: 'receiver.mjs', needs: 'Node.js 18 or newer', run: 'node receiver.mjs' },
  { name: 'Python', file: 'receiver.py', needs: 'Python 3.8 or newer', run: 'python3 receiver.py' },
  { name: 'Go', file: 'receiver.go', needs: 'Go 1.19 or newer', run: 'go run receiver.go' },
  {
    name: 'PHP',
    file: 'receiver.php',
    needs: 'PHP 8.0 or newer',
    run: 'php -S 127.0.0.1:8000 receiver.php',
  },
  { name: 'Ruby', file: 'receiver.rb', needs: 'Ruby 2.7 or newer', run: 'ruby receiver.rb' },
];

/** Whole receivers, each with its language's own library alone. What is shown is what the tests run. */
export const receiverPrograms = programs.map((program) => ({
  ...program,
  id: program.name.toLowerCase(),
  run: `${environment} ${program.run}`,
  code: readFileSync(join(folder, program.file), 'utf8'),
}));
