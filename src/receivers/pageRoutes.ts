import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import { page, pageQuery, windowOf } from '../api/paging.js';
import type { Deps } from '../deps.js';
import { emptyForm, type FormState, fields, submitted } from '../http/form.js';
import { requestsShown } from './requestsShown.js';
import { answerForm, newReceiver, rename as renaming } from './schema.js';
import type { ReceiverService } from './service.js';
import { choices, inWords } from './shown.js';
import type { Receiver } from './store.js';

type Parts = { receivers: ReceiverService };

const listed = pageQuery.extend({ limit: pageQuery.shape.limit.default(20) });
const refreshed = 'The test receiver answers like this from now on.';

/** The pages of test receivers; what their URLs answer is in publicRoutes.ts. */
export function receiverPageRoutes(
  { clock, live, log }: Pick<Deps, 'clock' | 'live' | 'log'>,
  { receivers }: Parts,
): Router {
  const router = Router();
  router.get('/receivers', requireUser, (req, res) => list(req, res, emptyForm()));
  router.post('/receivers', requireUser, submitted(create, list));
  router.get('/receivers/:id', requireUser, showStored);
  router.get('/receivers/:id/live', requireUser, stream);
  router.get('/receivers/:id/requests/:request', requireUser, showRequest);
  router.post('/receivers/:id/name', requireUser, submitted(rename, show));
  router.post('/receivers/:id/answer', requireUser, submitted(answer, show));
  router.post('/receivers/:id/clear', requireUser, clear);
  router.get('/receivers/:id/delete', requireUser, confirmRemoval);
  router.post('/receivers/:id/delete', requireUser, remove);
  return router;

  async function list(req: Request, res: Response, form: FormState) {
    const all = await receivers.list(actorOf(req));
    res.render('receivers/list', {
      form,
      receivers: all.map((one) => ({ ...one, answers: inWords(one.answer) })),
    });
  }

  async function create(req: Request, res: Response) {
    const { id } = await receivers.create(actorOf(req), clock(), newReceiver.parse(fields(req.body)));
    res.redirect(303, `/app/receivers/${id}`);
  }

  async function showStored(req: Request, res: Response) {
    await show(req, res, emptyForm());
  }

  async function show(req: Request, res: Response, form: FormState) {
    const receiver = await receivers.seenBy(actorOf(req), String(req.params.id));
    const query = listed.parse(fields(req.query));
    const rows = await receivers.requestsOf(receiver, windowOf(query, 'number'));
    const { data, nextCursor } = page(
      rows,
      query.limit,
      (row) => [row.id],
      (row) => row,
    );
    const senders = await receivers.sendersTo(receiver);
    res.set('Cache-Control', 'no-store').render('receivers/show', {
      receiver,
      name: receiver.name,
      url: receivers.urlOf(receiver),
      answers: inWords(receiver.answer),
      form: { ...form, values: { ...valuesOf(receiver), ...form.values } },
      choices,
      senders,
      isFirst: !query.cursor,
      address: req.method === 'GET' ? req.originalUrl : `/app/receivers/${receiver.id}`,
      requests: await requestsShown(receivers, data, clock()),
      next: nextCursor,
    });
  }

  async function stream(req: Request, res: Response) {
    const receiver = await receivers.seenBy(actorOf(req), String(req.params.id));
    const { send, onClose } = live.open(req, res);
    const heard = new Map<string, () => void>();
    onClose(() => {
      for (const stop of heard.values()) stop();
    });
    hear(`receiver:${receiver.id}`, () => {
      send('request', {});
      hearSenders().then(
        (isMore) => isMore && send('request', {}),
        (error) => log.warn({ err: error }, 'a page of a test receiver could not be told who sends there'),
      );
    });
    await hearSenders();

    /** What becomes of what arrived. A webhook may be pointed here while the page is open: true if one was. */
    async function hearSenders(): Promise<boolean> {
      const before = heard.size;
      for (const { id } of await receivers.sendersTo(receiver)) {
        hear(`webhook:${id}`, (event) => send(event, {}));
      }
      return heard.size > before;
    }

    function hear(topic: string, then: (event: string) => void): void {
      if (!heard.has(topic)) heard.set(topic, live.listen(topic, then));
    }
  }

  async function showRequest(req: Request, res: Response) {
    const receiver = await receivers.seenBy(actorOf(req), String(req.params.id));
    const found = await receivers.requestOf(receiver, Number(req.params.request));
    const [request] = await requestsShown(receivers, [found], clock());
    res.set('Cache-Control', 'no-store').render('receivers/request', {
      receiver,
      name: receiver.name,
      request: { ...request, isBeginning: false },
    });
  }

  async function rename(req: Request, res: Response) {
    const id = String(req.params.id);
    const { name } = renaming.parse(fields(req.body));
    await receivers.rename(id, name, actorOf(req), clock());
    req.session.notice = 'Renamed.';
    res.redirect(303, `/app/receivers/${id}`);
  }

  async function answer(req: Request, res: Response) {
    const id = String(req.params.id);
    await receivers.answerWith(id, answerForm.parse(fields(req.body)), actorOf(req), clock());
    req.session.notice = refreshed;
    res.redirect(303, `/app/receivers/${id}`);
  }

  async function clear(req: Request, res: Response) {
    const id = String(req.params.id);
    await receivers.clear(id, actorOf(req), clock());
    req.session.notice = 'The list is empty again.';
    res.redirect(303, `/app/receivers/${id}`);
  }

  async function confirmRemoval(req: Request, res: Response) {
    const receiver: Receiver = await receivers.seenBy(actorOf(req), String(req.params.id));
    res.render('receivers/delete', {
      receiver,
      name: receiver.name,
      senders: await receivers.sendersTo(receiver),
    });
  }

  async function remove(req: Request, res: Response) {
    await receivers.remove(String(req.params.id), actorOf(req), clock());
    req.session.notice = 'The test receiver was deleted.';
    res.redirect(303, '/app/receivers');
  }
}

/** What the forms of a receiver's page show. */
function valuesOf({ name, answer: { kind, seconds } }: Receiver) {
  const preset = { delay: 5, retryAfter: 30 };
  const own = kind === '429' ? { retryAfter: seconds } : { delay: seconds ?? preset.delay };
  return { ...preset, ...own, answer: kind, name };
}
