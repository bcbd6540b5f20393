// Receives the events of a Hookbell webhook. Node.js 18 or newer, no packages:
//   HOOKBELL_SECRET=… HOOKBELL_SIGNING_SECRET=whsec_… node receiver.mjs
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const { HOOKBELL_SECRET, HOOKBELL_SIGNING_SECRET, HOST = '127.0.0.1', PORT = '8000' } = process.env;
if (!HOOKBELL_SECRET || !HOOKBELL_SIGNING_SECRET)
  throw new Error('Set HOOKBELL_SECRET and HOOKBELL_SIGNING_SECRET');
const key = Buffer.from(HOOKBELL_SIGNING_SECRET.replace('whsec_', ''), 'base64');
const tolerance = 5 * 60; // seconds between their clock and ours
const largest = 1024 * 1024; // bytes

// webhook-id is the idempotency key: an event may come twice, with the same id. Store it here under its id (a row
// with a unique id, a queue), skip it if it is there already, and do the work later: the answer must come fast.
function store(id, type, event) {
  console.log(id, type, JSON.stringify(event));
}

// Takes the body as the bytes that came: JSON that was parsed and written again would not match its signature.
function refusal(headers, body) {
  if (!isSame(headers['x-secret-key'] ?? '', HOOKBELL_SECRET)) return 'wrong X-Secret-Key';
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= tolerance))
    return 'webhook-timestamp is not of now';
  const right = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  // While a signing secret is being rotated there are two signatures, with a space between.
  return signatures.split(' ').some((one) => isSame(one, right)) ? null : 'wrong webhook-signature';
}

// In constant time; the digests are of one length whatever was given.
function isSame(given, right) {
  const digest = (text) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(right));
}

async function receive(request) {
  if (request.method !== 'POST') return 405;
  if (!(Number(request.headers['content-length']) <= largest)) return 413;
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const reason = refusal(request.headers, body);
  if (reason) {
    console.error(`refused: ${reason}`);
    return 401;
  }
  store(request.headers['webhook-id'], request.headers['x-hookbell-event'], JSON.parse(body));
  return 204;
}

const server = createServer(async (request, response) => {
  const status = await receive(request).catch((error) => {
    console.error(error.message);
    return 500; // Hookbell sends it again
  });
  response.writeHead(status).end();
});
server.listen(Number(PORT), HOST, () => console.log(`listening on http://${HOST}:${server.address().port}`));
