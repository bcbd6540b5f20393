/**
 * The page around a framed chat. `hear(word, details)` hears what it says, if it is of an origin that the bot allows.
 * Returns what tells it something: `ready` goes out at once, to whichever page that is (frame-ancestors has decided, and
 * the name is no secret); all else when that page has said a word, and only to its origin.
 */
window.hookbellAround = (hear) => {
  const untold = [];
  let around = null;

  addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || !isAllowed(origin) || typeof data?.hookbell !== 'string') return;
    around = origin;
    for (const words of untold.splice(0)) tell(words);
    hear(data.hookbell, data);
  });
  return tell;

  function tell(words) {
    if (words.hookbell === 'ready') parent.postMessage(words, '*');
    else if (around) parent.postMessage(words, around);
    else untold.push(words);
  }

  function isAllowed(origin) {
    const allowed = document.body.dataset.origins.split(' ');
    return origin === location.origin || allowed.includes(origin);
  }
};
