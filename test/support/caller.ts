import supertest, { type Response } from 'supertest';

export type Caller = ReturnType<typeof caller>;

/** A program that calls the API with a key. */
export function caller(url: string, key: string) {
  const request = supertest(url);
  const ask = (method: 'get' | 'post' | 'patch' | 'delete', path: string, headers: Record<string, string>) =>
    request[method](`/api/v1${path}`).set({ Authorization: `Bearer ${key}`, ...headers });
  return {
    get: (path: string): Promise<Response> => ask('get', path, {}).then((answer) => answer),
    post: (path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Response> =>
      ask('post', path, headers)
        .send(body)
        .then((answer) => answer),
    patch: (path: string, body: object): Promise<Response> =>
      ask('patch', path, {})
        .send(body)
        .then((answer) => answer),
    delete: (path: string): Promise<Response> => ask('delete', path, {}).then((answer) => answer),
    /** Sends bytes as they are. */
    raw: (path: string, body: string, type = 'application/json', headers: Record<string, string> = {}) =>
      ask('post', path, { ...headers, 'Content-Type': type })
        .send(body)
        .then((answer: Response) => answer),
  };
}
