// The sources of an answer: each quote lit inside the words around it. Beside the conversation; on phones a sheet over it.

import { announce, clear, h, icon, iconButton, isPhone } from './dom.js';
import { webAddress } from './spans.js';
import { talk } from './talk.js';
import { day, directionOf, languageName, number, t } from './words.js';

export function mountPanel(part) {
  const panel = part.element.querySelector('#panel');
  let turn = '';
  let lit = 0;
  let open = false;
  let cameFrom = null;

  part.watch('value', () => talk.receive(JSON.parse(part.props.value)));
  talk.connect(part);
  talk.onChange((what) => {
    if (what.asked || what.anew) show('', 0);
    else if (what.frame && (what.frame.turn === talk.last || !turn)) show(what.frame.turn, turn === what.frame.turn ? lit : 0);
  });
  window.addEventListener('sanad:language', draw);
  window.matchMedia('(max-width: 760px)').addEventListener('change', () => { open = false; draw(); });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && open && !document.querySelector('dialog[open]')) close();
  });
  document.addEventListener('click', (event) => {
    if (open && !event.target.closest('#panel, #bot a, .to-sources, dialog')) close();
  });
  panel.addEventListener('keydown', keepFocus);
  draw();
  talk.restore();
  return { open: openAt };

  /** Show the sources of `name`, with card `number` lit; `from` gets the focus back. */
  function openAt(name, cite, from) {
    cameFrom = from;
    open = isPhone();
    show(name, cite);
    const card = panel.querySelector('.card.on') ?? panel.querySelector('.close') ?? panel;
    if (open) (panel.querySelector('.card.on') ?? panel.querySelector('.close'))?.focus({ preventScroll: true });
    const cited = talk.turn(name)?.cards?.find((one) => one.n === cite);
    if (cited && !open) announce(`${t('source-chip', { number: cite, title: cited.title || cited.publisher })}. ${cited.quote}`);
    card.scrollIntoView({ block: 'nearest', behavior: calm() ? 'auto' : 'smooth' });
  }

  function close() {
    open = false;
    draw();
    const back = cameFrom?.isConnected ? cameFrom : document.querySelector(`#bot a[href="#cite-${turn}-${lit}"]`);
    (back ?? document.querySelector('#question textarea'))?.focus();
  }

  function show(name, cite) {
    turn = name;
    lit = cite;
    draw();
  }

  function draw() {
    document.body.classList.toggle('sheet', open);
    panel.setAttribute('aria-label', t('sources'));
    for (const beneath of document.querySelectorAll('#top, #talk')) beneath.inert = open;
    if (open) {
      panel.setAttribute('role', 'dialog');
      panel.setAttribute('aria-modal', 'true');
    } else {
      panel.removeAttribute('role');
      panel.removeAttribute('aria-modal');
    }
    const shown = talk.turn(turn);
    const cards = shown?.cards ?? [];
    const near = shown?.near ?? [];
    clear(
      panel,
      h('header', {}, h('h2', {}, near.length && !cards.length ? t('nearest') : t('sources')), open ? closer() : null),
      near.length ? h('p', { class: 'not-cited' }, t('not-cited')) : null,
      cards.length || near.length
        ? h('ol', { class: 'cards', 'aria-label': t('sources') }, cards.map(card), near.map(headline))
        : h('p', { class: 'hint' }, t('sources-empty')),
    );
  }

  function closer() {
    return iconButton('close', t('close'), { class: 'quiet close', onclick: close });
  }

  function card(cite) {
    const on = cite.n === lit;
    return h(
      'li',
      { class: on ? 'card on' : 'card', 'data-cite': String(cite.n), tabindex: '-1', 'aria-current': on ? 'true' : null },
      h('div', { class: 'head' }, h('span', { class: 'number', 'aria-hidden': 'true' }, number(cite.n)), heading(cite), badge(cite.match)),
      about(cite),
      passage(cite),
      also(cite.also),
      h('div', { class: 'links' }, opener(cite, { start: cite.start, end: cite.end }), original(cite)),
    );
  }

  function headline(source) {
    return h(
      'li',
      { class: 'card near' },
      h('div', { class: 'head' }, heading(source)),
      about(source),
      h('div', { class: 'links' }, opener(source, {}), original({ ...source, quote: '' })),
    );
  }
}

function heading(source) {
  const text = source.title || source.opening || t('untitled');
  return h('h3', { dir: directionOf(text), lang: source.title || source.opening ? source.language : null }, text);
}

function about(source) {
  const parts = [source.publisher, day(source.day), languageName(source.language)].filter(Boolean);
  return h('p', { class: 'about' }, parts.map((part) => h('bdi', {}, part)));
}

function passage(cite) {
  const direction = directionOf(cite.quote);
  return h(
    'blockquote',
    { lang: cite.language, dir: direction },
    cite.before ? [h('span', {}, cite.before), /\s$/.test(cite.before) ? null : ' '] : null,
    h('mark', {}, cite.quote),
    cite.after ? h('span', {}, cite.after) : null,
  );
}

function badge(match) {
  const tip = t(match === 'exact' ? 'exact-tip' : 'folded-tip');
  return h('span', { class: 'badge', 'data-match': match, title: tip }, t(match), h('span', { class: 'unseen' }, `: ${tip}`));
}

function also(sources) {
  if (!sources.length) return null;
  const items = sources.map((source) =>
    h('li', {}, h('button', { type: 'button', class: 'plain', onclick: () => openArticle(source.id) },
      [source.publisher, source.title || source.opening].filter(Boolean).join(' · ') || t('untitled'))));
  return h('div', { class: 'also' }, h('span', {}, t('also')), h('ul', {}, items));
}

function opener(source, place) {
  return h('button', { type: 'button', class: 'quiet', onclick: () => openArticle(source.id, place) }, icon('article'), t('open-article'));
}

export function openArticle(id, place = {}) {
  window.dispatchEvent(new CustomEvent('sanad:open-article', { detail: { id, ...place } }));
}

/** A link to the page the article was taken from, at the words that are quoted; only where it is an address of the web. */
function original(source) {
  const address = webAddress(source.url);
  if (!address) return null;
  const target = source.quote ? `${address.href.split('#')[0]}#:~:text=${fragment(source.quote)}` : address.href;
  const tip = t('original-tip', { host: address.hostname });
  return h('a', { class: 'quiet', href: target, target: '_blank', rel: 'noopener noreferrer nofollow', title: tip }, icon('link'), t('original'));
}

function fragment(quote) {
  const words = quote.trim().split(/\s+/);
  const encoded = (some) => encodeURIComponent(some.join(' ')).replace(/-/g, '%2D');
  return words.length <= 8 ? encoded(words) : `${encoded(words.slice(0, 4))},${encoded(words.slice(-4))}`;
}

/** Tab stays in the sheet while it covers the page. */
function keepFocus(event) {
  const panel = event.currentTarget;
  if (event.key !== 'Tab' || panel.getAttribute('role') !== 'dialog') return;
  const stops = [...panel.querySelectorAll('button, a[href], [tabindex="0"]')];
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge || !panel.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
}

export const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
