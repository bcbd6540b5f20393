/** Asks until the answer is there (not null, undefined or false), and fails with `what` after 30 s. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > until) throw new Error(`still not so after 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
