// A tone when somebody asks for a human, Enter sends a reply, and the last message is in sight. Loaded once.
let audio = null;

const isWanted = () => localStorage.getItem('inbox-sound') === 'on';

// Browsers keep pages silent until somebody has clicked or typed.
function wake() {
  if (!isWanted()) return;
  audio ??= new AudioContext();
  if (audio.state === 'suspended') audio.resume();
}

function beep() {
  if (!isWanted() || audio?.state !== 'running') return;
  for (const [pitch, start] of [
    [660, 0],
    [880, 0.16],
  ]) {
    const from = audio.currentTime + start;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.15, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.3);
  }
}

function showSound() {
  for (const button of document.querySelectorAll('[data-sound]')) {
    button.ariaPressed = String(isWanted());
    button.querySelector('[data-sound-state]').textContent = isWanted() ? 'on' : 'off';
  }
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-sound]')) {
    localStorage.setItem('inbox-sound', isWanted() ? 'off' : 'on');
    showSound();
    wake();
    beep();
    return;
  }
  wake();
});
document.addEventListener('sse:escalated', beep);

document.addEventListener('keydown', (event) => {
  wake();
  const { target, key } = event;
  if (key !== 'Enter' || event.isComposing || !target.matches('[data-send-on-enter]')) return;
  const isTouched = matchMedia('(pointer: coarse)').matches;
  if (!event.ctrlKey && !event.metaKey && (event.shiftKey || isTouched)) return;
  event.preventDefault();
  if (target.value.trim()) target.form.requestSubmit();
});

// Who reads further up is left there.
let isAtEnd = true;
const talk = () => document.querySelector('[data-talk]');

document.addEventListener(
  'scroll',
  ({ target }) => {
    if (target === talk()) isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 80;
  },
  true,
);

function showEnd() {
  const messages = talk();
  if (messages && isAtEnd) messages.scrollTop = messages.scrollHeight;
}

document.addEventListener('htmx:afterSettle', ({ detail }) => {
  if (detail.boosted) isAtEnd = true;
  showSound();
  showEnd();
});

showSound();
showEnd();
