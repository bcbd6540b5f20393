import { cli } from '../support/processes.js';
import { type BenchServer, email, password } from './server.js';

/** Asks as an admin who has signed in, or by the API. */
export async function signedIn({ url, dataDir }: BenchServer): Promise<(path: string) => Promise<unknown>> {
  const key = (await cli(['api-key', 'create', '--email', email], { DATA_DIR: dataDir })).stdout.trim();
  const login = await fetch(`${url}/login`);
  const cookie = (answer: Response) =>
    answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
  const token = /name="_csrf" value="([^"]+)"/.exec(await login.text())![1]!;
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Cookie: cookie(login) },
    body: new URLSearchParams({ email, password, _csrf: token }),
  });
  const headers = { Cookie: cookie(answer), Authorization: `Bearer ${key}` };
  return async (path) => {
    const page = await fetch(url + path, { headers, redirect: 'manual' });
    await page.text();
    if (page.status !== 200 && page.status !== 404) throw new Error(`${path}: ${page.status}`);
  };
}
