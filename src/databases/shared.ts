/**
 * Of the calls for one key, those that come while one is under way share the next one: however many come at once, each
 * is answered by work that began after it was made, and two pieces of work are enough for all.
 */
export function shared<Ask, Answer>(work: (key: string, asks: Ask[]) => Promise<Answer>) {
  const underWay = new Map<string, Promise<unknown>>();
  const next = new Map<string, { asks: Ask[]; answer: Promise<Answer> }>();

  return function call(key: string, ask: Ask): Promise<Answer> {
    const joined = next.get(key);
    if (joined) {
      joined.asks.push(ask);
      return joined.answer;
    }
    const asks = [ask];
    const begin = () => {
      next.delete(key);
      const working = work(key, asks);
      underWay.set(key, working);
      const end = () => {
        if (underWay.get(key) === working) underWay.delete(key);
      };
      working.then(end, end);
      return working;
    };
    const before = underWay.get(key) ?? Promise.resolve();
    const answer = before.then(begin, begin);
    next.set(key, { asks, answer });
    return answer;
  };
}
