// The reading view: a whole article in a dialog, the quoted words lit. What articles say becomes text nodes only.

import { clear, h, icon, iconButton, toClipboard } from './dom.js';
import { apart, button, glyph, gregorian, listed, nameOf, own, problem, published, say } from './told.js';
import { paragraphs, webAddress } from './spans.js';
import { day, direction, directionOf, language } from './words.js';

const SAID = 2500; // milliseconds a button says that something was copied

const reading = { span: null, article: null, error: null, opener: null, request: null };
const body = h('div', { class: 'reader-body' });
const status = h('p', { class: 'unseen', role: 'status' });
const dialog = h('dialog', { id: 'reader', 'aria-labelledby': 'reader-title', onclose: closed, onclick: outside }, body, status);
window.addEventListener('sanad:language', () => dialog.open && draw());

/** Shows the article of that id, lit from `start` to `end`; on closing, the focus goes back to `opener`. */
export async function open({ id, start, end }, opener) {
  reading.request?.abort();
  const { signal } = (reading.request = new AbortController());
  const lit = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end > start;
  Object.assign(reading, { span: lit ? { start, end } : null, article: null, error: null });
  if (!dialog.open) reading.opener = opener;
  if (!dialog.isConnected) document.body.append(dialog);
  draw();
  if (!dialog.open) dialog.showModal();
  const came = await fetched(id, signal);
  if (signal.aborted) return;
  Object.assign(reading, came);
  draw();
  arrive();
}

async function fetched(id, signal) {
  try {
    const reply = await fetch(`/api/article/${encodeURIComponent(id)}`, { signal });
    const said = await reply.json();
    return reply.ok ? { article: said } : { error: said.error?.kind ?? 'Other' };
  } catch {
    return { error: 'Lost' };
  }
}

function closed() {
  reading.request?.abort();
  const { opener } = reading;
  Object.assign(reading, { span: null, article: null, error: null, opener: null });
  clear(body);
  status.textContent = '';
  if (opener?.isConnected) opener.focus();
}

function outside(event) {
  const box = dialog.getBoundingClientRect();
  const beside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  if (event.target === dialog && beside) dialog.close();
}

// -- what is shown --

function draw() {
  const { article, error } = reading;
  dialog.setAttribute('dir', direction());
  dialog.setAttribute('lang', language());
  dialog.setAttribute('aria-busy', String(!article && !error));
  clear(body, head(), article ? [tools(), text()] : waiting());
}

function head() {
  const source = reading.article?.source;
  const title = source?.title ?? say(source ? 'untitled' : reading.error ? 'title' : 'reader.loading');
  return h(
    'header',
    { class: 'reader-head' },
    h('div', {}, h('h2', { id: 'reader-title', ...(source?.title ? own(title, source.language) : {}) }, title), source && about(source)),
    iconButton('close', say('reader.close'), { id: 'reader-close', class: 'sanad-button quiet', onclick: () => dialog.close() }),
  );
}

function about(source) {
  return h(
    'p',
    { class: 'reader-about' },
    source.publisher && apart(source.publisher),
    published(source) ?? h('span', {}, say('undated')),
    h('span', {}, nameOf(source.language)),
  );
}

function waiting() {
  const { error } = reading;
  return h('p', { class: 'reader-waiting', role: error ? 'alert' : null }, error ? problem(error) : say('reader.loading'));
}

function tools() {
  const { article, span } = reading;
  const address = webAddress(article.source.url);
  return h(
    'div',
    { class: 'reader-tools' },
    span && button(glyph('jump'), say('reader.to-mark'), { id: 'reader-to-mark', onclick: toMark }),
    button(icon('copy'), say('reader.copy'), { id: 'reader-copy', onclick: copy }),
    address && original(address),
    (span || article.boilerplate.length > 0) && legend(),
  );
}

function original(address) {
  const attributes = { href: address.href, target: '_blank', rel: 'noopener noreferrer nofollow', referrerpolicy: 'no-referrer' };
  const title = say('reader.original-tip', { host: address.host });
  return h('a', { id: 'reader-original', class: 'sanad-button', title, ...attributes }, icon('link'), h('span', {}, say('reader.original')));
}

function legend() {
  const shown = { mark: Boolean(reading.span), boilerplate: reading.article.boilerplate.length > 0 };
  return h(
    'ul',
    { class: 'reader-legend' },
    Object.keys(shown)
      .filter((what) => shown[what])
      .map((what) => h('li', {}, h('span', { class: `legend-${what}`, 'aria-hidden': 'true' }), say(`reader.${what}`))),
  );
}

function text() {
  const { article, span } = reading;
  const { source } = article;
  const whole = directionOf(article.text) ?? direction();
  const attributes = { class: 'reader-text', role: 'region', tabindex: '0', 'aria-label': say('reader.text') };
  const lines = paragraphs(article.text, article.boilerplate, span).map((runs, at) => {
    const line = runs.map((run) => run.text).join('');
    const headline = at === 0 && line.trim() === source.title?.trim();
    return h('p', { dir: directionOf(line) ?? whole, class: headline ? 'headline' : null }, runs.map(drawn));
  });
  return h('div', { ...attributes, ...own(article.text, source.language), dir: whole }, lines);
}

function drawn(run) {
  const inner = run.lit ? h('mark', { tabindex: '-1' }, run.text) : run.text;
  return run.boilerplate ? h('span', { class: 'boilerplate' }, inner) : inner;
}

// -- where reading begins: at the words that were quoted, else at the beginning --

const marks = () => [...body.querySelectorAll('mark')];

function arrive() {
  const lit = marks().map((mark) => mark.textContent);
  if (lit.length) {
    toMark();
    status.textContent = say('reader.lit', { text: lit.join(' ') });
  } else {
    (body.querySelector('.reader-text') ?? body.querySelector('#reader-close')).focus({ preventScroll: true });
  }
}

function toMark() {
  const [first] = marks();
  if (!first) return;
  const shown = first.closest('.reader-text').clientHeight;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const tall = marks().at(-1).getBoundingClientRect().bottom - first.getBoundingClientRect().top > 0.6 * shown;
  first.focus({ preventScroll: true });
  first.scrollIntoView({ block: tall ? 'start' : 'center', behavior: calm ? 'auto' : 'smooth' });
}

// -- a reference --

function reference(source) {
  const other = source.published && gregorian(source.published);
  const when = day(source.published) + (other ? ` (${other})` : '');
  const title = source.title && say('reader.quote', { text: source.title });
  const known = [listed([title, source.publisher, when]), webAddress(source.url)?.href];
  return known.filter(Boolean).join('\n') || source.article_id;
}

async function copy(event) {
  const words = event.currentTarget.lastChild;
  const text = reference(reading.article.source);
  const done = await toClipboard(text, dialog).then(() => true, () => false);
  words.textContent = status.textContent = say(done ? 'reader.copied' : 'reader.copy-failed');
  setTimeout(() => {
    words.textContent = say('reader.copy');
  }, SAID);
}
