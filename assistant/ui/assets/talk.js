// The conversation as this browser knows it: what was kept, what is under way, and how to ask.

const MOST_TURNS = 20;
const MOST_CHARACTERS = 36000;
const KEPT = 'sanad.history';
const LOOK = 2000; // milliseconds between two looks at whether the server is there while an answer is awaited
const SILENCE = 20000; // milliseconds without a frame after which a stream that had begun is lost; it beats every 5 seconds

const listeners = new Set();
const turns = new Map();
let order = [];
let busy = '';
let editing = '';
let leaving = false;
let awaited = '';
let unrestored = [];
let heard = 0;
let misses = 0;
let trigger = () => {};
let filters = () => ({ filters: {}, language: null });

export const talk = {
  get order() { return order; },
  get last() { return order.at(-1) ?? ''; },
  get busy() { return busy; },
  get editing() { return editing; },
  turn: (name) => turns.get(name),
  connect(part) { trigger = part.trigger; },
  filteredBy(source) { filters = source; },
  onChange(listener) { listeners.add(listener); },
  restore, ask, retry, edit, stop, startAnew, receive, failed, history, note,
};

function told(what) {
  for (const listener of listeners) listener(what);
}

// -- what is kept --

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    return Array.isArray(found) ? found.filter((token) => typeof token === 'string') : [];
  } catch {
    return [];
  }
}

/** The sealed turns up to and including `until`, the oldest left out where there are too many. */
function history(until = '') {
  const names = until ? order.slice(0, order.indexOf(until) + 1) : order;
  const tokens = names.map((name) => turns.get(name)?.token).filter(Boolean);
  while (tokens.length > MOST_TURNS || tokens.join('').length > MOST_CHARACTERS) tokens.shift();
  return tokens;
}

function keep() {
  try {
    localStorage.setItem(KEPT, JSON.stringify(history()));
  } catch {
    // Storage may be full or switched off; the conversation lasts as long as the page then.
  }
}

function restore() {
  unrestored = kept();
  if (unrestored.length) trigger('restore', { history: unrestored, ui: window.sanad.language });
}

/** A new conversation; an answer under way is stopped first, for its last words would otherwise bring the old one back. */
function startAnew() {
  if (busy) {
    leaving = true;
    stop();
    return;
  }
  leaving = false;
  editing = '';
  order = [];
  unrestored = [];
  turns.clear();
  keep();
  trigger('restore', { history: [], ui: window.sanad.language });
  told({ anew: true });
}

// -- asking --

function name() {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function ask(question, replaces = editing) {
  const asked = question.trim();
  if (!asked || busy) return false;
  busy = name();
  editing = '';
  const before = replaces ? order.slice(0, order.indexOf(replaces)) : order;
  const tokens = before.length ? history(before.at(-1)) : replaces ? [] : unrestored;
  const { filters: chosen, language } = filters();
  trigger('ask', {
    turn: busy,
    replaces: replaces || null,
    history: tokens,
    ui: window.sanad.language,
    asked: { question: asked, filters: chosen, language },
  });
  awaited = asked;
  heard = 0;
  misses = 0;
  setTimeout(watch, LOOK, busy);
  told({ asked });
  return true;
}

/** While an answer is awaited: is anybody there? Gradio says nothing when the line breaks. */
async function watch(turn) {
  if (busy !== turn) return;
  if (heard && Date.now() - heard > SILENCE) return failed('Lost');
  try {
    await fetch('/healthz', { cache: 'no-store' });
    misses = 0;
  } catch {
    misses += 1;
  }
  if (misses > 1 && busy === turn) return failed('Lost');
  setTimeout(watch, LOOK, turn);
}

function retry() {
  const last = turns.get(talk.last);
  if (last && !busy) ask(last.question, talk.last);
}

function edit(on) {
  editing = on && !busy ? talk.last : '';
  told({ editing: true });
}

/** Ends the answer under way, what has come of it stays; a question that still waits for its turn is put back at once. */
function stop() {
  if (!busy) return;
  trigger('stop', { turn: busy });
  if (!heard) failed('');
}

// -- what comes back --

function receive(frame) {
  if (frame.refused) {
    if (frame.turn === busy) failed(frame.refused);
    return;
  }
  for (const [turn, shown] of Object.entries(frame.turns)) turns.set(turn, { ...turns.get(turn), ...shown });
  if (busy && frame.turn !== busy) return; // of a question that was given up, or of turns before the one under way
  heard = Date.now();
  unrestored = [];
  order = frame.order;
  for (const turn of [...turns.keys()]) if (!order.includes(turn)) turns.delete(turn);
  if (!frame.busy && (frame.turn === busy || !busy)) {
    busy = '';
    if (leaving) return startAnew();
    keep();
  }
  told({ frame });
}

/** Something the page learnt of a turn by itself, such as a vote. */
function note(turn, what) {
  if (turns.has(turn)) turns.set(turn, { ...turns.get(turn), ...what });
  told({ noted: turn });
}

function failed(kind) {
  if (!busy) return;
  busy = '';
  if (leaving) startAnew();
  else told({ failed: kind, question: awaited });
}
