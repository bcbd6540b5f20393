import { type CheerioAPI, load } from 'cheerio';
import supertest, { type Response } from 'supertest';

export type Page = Response & { $: CheerioAPI };
export type Visitor = ReturnType<typeof visitor>;
type Fields = Record<string, string | string[] | undefined>;

/** A browser without JavaScript: keeps its cookies, and sends forms as they stand on the page. */
export function visitor(url: string, headers: Record<string, string> = {}) {
  const agent = supertest.agent(url);

  const page = (response: Response): Page => Object.assign(response, { $: load(response.text ?? '') });

  async function get(path: string): Promise<Page> {
    return page(await agent.get(path).set(headers));
  }

  /** Sends just this, with no token but what is given. */
  async function post(path: string, fields: Fields = {}, more: Record<string, string> = {}): Promise<Page> {
    return page(
      await agent
        .post(path)
        .type('form')
        .set({ ...headers, ...more })
        .send(fields),
    );
  }

  /** Opens `path`, fills in the form that is sent to `action` (or its only one), and sends it. */
  async function submit(path: string, fields: Fields = {}, action?: string): Promise<Page> {
    const { $ } = await get(path);
    const form = action ? $(`main form[action="${action}"]`) : $('main form').last();
    if (form.length !== 1)
      throw new Error(`${path} has no form for ${action ?? 'anything'}: ${$('h1').text()}`);
    const filled: Fields = {};
    for (const { name, value } of form.serializeArray()) filled[name] = value;
    return post(form.attr('action')!, { ...filled, ...fields });
  }

  return {
    agent,
    get,
    post,
    submit,
    /** The token of this visitor's session. */
    async token(path = '/app/settings/password'): Promise<string> {
      return String((await get(path)).$('input[name=_csrf]').first().val());
    },
  };
}

/** Where a redirect leads, as seen from the site itself. */
export const leadsTo = ({ status, headers }: Response) =>
  status === 303 ? headers.location : `status ${status}`;

/** The value and the attributes of a cookie that an answer sets; null when it sets none of this name. */
export function setCookie({ headers }: Response, name: string) {
  const lines = ([] as string[]).concat(headers['set-cookie'] ?? []);
  const line = lines.find((candidate) => candidate.startsWith(`${name}=`));
  if (!line) return null;
  const [pair = '', ...attributes] = line.split('; ');
  return { value: pair.slice(name.length + 1), attributes };
}
