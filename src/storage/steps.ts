/** Repeats a short step, between which others write, until it returns false or `limit` ms are over. */
export async function inSmallSteps(step: () => Promise<boolean>, limit = 1000): Promise<void> {
  const until = performance.now() + limit;
  while ((await step()) && performance.now() < until);
}
