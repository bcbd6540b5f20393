/** In ms: how long to wait before asking again. What takes long is asked about less often, for asking takes its time too. */
const soonest = 5;
const latest = 50;

/** Asks until the answer is there (not null, undefined or false), and fails with `what` after so many seconds. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  seconds = 30,
): Promise<T> {
  const began = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    const waited = Date.now() - began;
    if (waited > seconds * 1000) throw new Error(`still not so after ${seconds} s: ${what}`);
    const rest = Math.min(latest, Math.max(soonest, waited / 10));
    await new Promise((resolve) => setTimeout(resolve, rest));
  }
}
