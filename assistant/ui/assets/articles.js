// The list of articles: search, filters, order, pages; a row opens the reading view.

import { mountAdding } from './adding.js';
import { clear, h } from './dom.js';
import { confirmRemoval } from './removing.js';
import { apart, counted, dayOf, glyph, gregorian, listed, nameOf, own, problem, say } from './told.js';
import { day, direction, language } from './words.js';

const PAGE = 50; // articles shown at once
const PAUSE = 300; // milliseconds without a key before a search begins
const ORDERS = ['-day', 'day', '-added', 'added', 'title', '-title', 'publisher', '-publisher'];
const COLUMNS = ['title', 'publisher', 'day', 'language', 'added'];
const NEWEST_FIRST = ['day', 'added'];
const EVERYTHING = { query: '', language: '', publisher: '' };

const readOnly = () => Boolean(window.sanad.readOnly);
// Texts are searched while one types only where no model's host gets to see the words.
const free = () => !window.sanad.host;

/** An article without a title goes by its first words. */
const named = (article) => article.title ?? article.beginning ?? say('untitled');

export function mountCollection(place) {
  const wanted = { ...EVERYTHING, texts: false, sort: '-day', offset: 0 };
  let found = null;
  let error = null;
  let request = null;
  let typing = 0;
  let announcing = false;
  let parts = {};

  const adding = readOnly() ? null : mountAdding(place, { added, tell });
  window.addEventListener('sanad:language', () => {
    draw();
    load(); // the alphabet is another
  });
  window.addEventListener('sanad:collection-changed', () => announcing || load());
  draw();
  load();

  // -- what is wanted --

  async function want(changes, focus = '') {
    const { offset } = wanted;
    Object.assign(wanted, { offset: 0 }, changes);
    await load();
    if (focus) parts.list.querySelector(focus)?.focus();
    if ('offset' in changes && wanted.offset !== offset) {
      parts.list.scrollIntoView({ block: 'start' });
      tell(parts.pager.querySelector('span')?.textContent ?? '');
    }
  }

  async function load() {
    request?.abort();
    const { signal } = (request = new AbortController());
    const { query, texts, ...rest } = wanted;
    const asked = { ...rest, q: query, texts: query && texts, limit: PAGE, alphabet: language() };
    const search = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== '' && value !== false));
    let came;
    try {
      const reply = await fetch(`/api/articles?${search}`, { signal });
      const said = await reply.json();
      came = reply.ok ? { found: said, error: null } : { found: null, error: said.error?.kind ?? 'Other' };
    } catch {
      came = { found: null, error: 'Lost' };
    }
    if (signal.aborted) return;
    ({ found, error } = came);
    if (found && !found.articles.length && found.total) {
      wanted.offset = Math.floor((found.total - 1) / PAGE) * PAGE; // the page that was shown has gone
      await load();
      return;
    }
    drawFound();
  }

  /** Articles came or went: the other parts of the page hear of it. */
  async function added(changed) {
    if (changed) announce();
    await load();
  }

  function announce() {
    announcing = true;
    window.dispatchEvent(new CustomEvent('sanad:collection-changed', { detail: {} }));
    announcing = false;
  }

  function tell(words) {
    parts.status.textContent = words;
  }

  // -- the frame --

  function draw() {
    place.setAttribute('dir', direction());
    place.setAttribute('lang', language());
    parts = {
      about: h('p', { class: 'collection-about' }),
      form: form(),
      found: h('p', { class: 'collection-found', role: 'status' }),
      list: h('div', { class: 'collection-list' }),
      pager: pager(),
      status: h('p', { class: 'unseen', role: 'status', id: 'collection-status' }),
    };
    const heading = h('h2', { id: 'collection-title', tabindex: '-1' }, say('title'));
    const note = readOnly() && h('p', { class: 'collection-about' }, say('read-only'));
    const head = h('header', { class: 'collection-head' }, h('div', {}, heading, parts.about, note), adding?.control());
    clear(place, head, parts.form, adding?.progress(), parts.found, parts.list, parts.pager, parts.status, adding?.veil());
    drawFound();
  }

  function form() {
    const words = say(free() ? 'search' : 'search-titles');
    const attributes = { type: 'search', maxlength: '200', autocomplete: 'off', enterkeyhint: 'search', placeholder: words, 'aria-label': words };
    const search = h('input', { id: 'collection-search', ...attributes, value: wanted.query, oninput: typed });
    return h(
      'form',
      { class: 'collection-form', role: 'search', 'aria-label': say('finding'), onsubmit: submitted },
      h('span', { class: 'collection-search' }, glyph('search'), search),
      choice('language', say('language')),
      choice('publisher', say('publisher')),
      choice('sort', say('order-label')),
    );

    function typed() {
      clearTimeout(typing);
      typing = setTimeout(() => want({ query: search.value, texts: free() }), PAUSE);
    }

    function submitted(event) {
      event.preventDefault();
      clearTimeout(typing);
      want({ query: search.value, texts: true });
    }
  }

  function choice(what, label) {
    const select = h('select', { id: `collection-${what}`, onchange: () => want({ [what]: select.value }) });
    return h('label', { class: `collection-choice of-${what}` }, h('span', {}, label), select);
  }

  function pager() {
    const step = (by) => (event) => event.currentTarget.getAttribute('aria-disabled') === 'true' || want({ offset: wanted.offset + by });
    const to = (words, by) => h('button', { type: 'button', class: 'sanad-button', onclick: step(by) }, words);
    return h('nav', { class: 'collection-pager', 'aria-label': say('pages') }, to(say('previous'), -PAGE), h('span', {}), to(say('next'), PAGE));
  }

  // -- what was found --

  function drawFound() {
    drawAbout();
    drawChoices();
    drawPager();
    parts.form.hidden = found?.collection === 0;
    parts.list.setAttribute('aria-busy', String(!found && !error));
    if (error) clear(parts.list, failure());
    else if (!found) clear(parts.list, h('p', { class: 'collection-nothing' }, say('loading')));
    else if (found.articles.length) clear(parts.list, table());
    else clear(parts.list, found.collection ? nothing() : empty());
    adding?.refresh();
  }

  function drawAbout() {
    const { collection = 0, first = null, last = null, total = 0, texts = false } = found ?? {};
    const span = first !== last && say('days', { first: day(first), last: day(last) });
    parts.about.textContent = collection ? listed([counted('count', collection), span]) : '';
    const narrowed = found && (wanted.query || wanted.language || wanted.publisher);
    const unsearched = wanted.texts && wanted.query.trim().length > 1 && !texts;
    parts.found.textContent = narrowed ? listed([counted('found', total), unsearched && say('titles-only')]) : '';
  }

  /** The choices there are by now; what was chosen stays chosen, even when it has gone. */
  function drawChoices() {
    const option = (value, words) => h('option', { value }, words);
    const of = (counts, name) => Object.entries(counts ?? {}).map(([value, count]) => option(value, say('option', { name: name(value), count })));
    const fill = (what, options) => {
      const select = parts.form.querySelector(`#collection-${what}`);
      clear(select, ...options);
      select.value = wanted[what];
      if (select.value !== wanted[what]) {
        select.append(option(wanted[what], wanted[what]));
        select.value = wanted[what];
      }
    };
    fill('language', [option('', say('any-language')), of(found?.languages, nameOf)]);
    fill('publisher', [option('', say('any-publisher')), of(found?.publishers, (name) => name)]);
    fill('sort', ORDERS.map((sort) => option(sort, say(`order.${sort.replace(/^-(.*)/, '$1-')}`))));
  }

  function drawPager() {
    const { offset } = wanted;
    const total = found?.total ?? 0;
    const [previous, range, next] = parts.pager.children;
    parts.pager.hidden = total <= PAGE;
    previous.setAttribute('aria-disabled', String(offset === 0));
    next.setAttribute('aria-disabled', String(offset + PAGE >= total));
    range.textContent = say('range', { first: offset + 1, last: Math.min(offset + PAGE, total), total });
  }

  function failure() {
    const again = h('button', { type: 'button', class: 'sanad-button', onclick: load }, say('again'));
    return h('div', { class: 'collection-nothing', role: 'alert' }, h('p', {}, problem(error)), again);
  }

  function nothing() {
    const all = () => {
      parts.form.querySelector('#collection-search').value = '';
      want(EVERYTHING).then(() => parts.form.querySelector('#collection-search').focus());
    };
    const show = h('button', { type: 'button', class: 'sanad-button', onclick: all }, say('show-all'));
    return h('div', { class: 'collection-nothing' }, h('p', {}, say('nothing')), show);
  }

  function empty() {
    const hint = h('p', {}, say(readOnly() ? 'empty-read-only' : 'empty-hint'));
    return h('div', { class: 'collection-nothing' }, h('h3', {}, say('empty')), hint, adding?.seeds());
  }

  // -- the table; its roles are written out, for on a phone its rows are shown as cards and would not be taken for rows --

  function table() {
    const head = COLUMNS.map((column) => h('th', { scope: 'col', role: 'columnheader', 'aria-sort': sorted(column) }, heading(column)));
    const last = adding && h('th', { scope: 'col', role: 'columnheader' }, h('span', { class: 'unseen' }, say('remove')));
    return h(
      'table',
      { role: 'table' },
      h('caption', { class: 'unseen' }, say('caption')),
      h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, head, last)),
      h('tbody', { role: 'rowgroup' }, found.articles.map(row)),
    );
  }

  function sorted(column) {
    if (wanted.sort.replace('-', '') !== column) return null;
    return wanted.sort.startsWith('-') ? 'descending' : 'ascending';
  }

  function heading(column) {
    const words = say(`heading.${column}`);
    if (column === 'language') return words;
    const now = sorted(column);
    const [first, other] = NEWEST_FIRST.includes(column) ? [`-${column}`, column] : [column, `-${column}`];
    const sort = () => want({ sort: wanted.sort === first ? other : first }, `[data-sort="${column}"]`);
    return h('button', { type: 'button', class: 'collection-sort', 'data-sort': column, onclick: sort }, words, now && glyph(now));
  }

  function row(article) {
    const title = named(article);
    const open = () => window.dispatchEvent(new CustomEvent('sanad:open-article', { detail: { id: article.article_id, ...article.found } }));
    const clicked = (event) => event.target.closest('button') || getSelection().toString() || open();
    const cell = (what, ...children) => h('td', { role: 'cell', class: `of-${what}` }, ...children);
    const unknown = () => h('span', { class: 'collection-unknown' }, say('unknown'));
    const words = h('span', { ...own(title, article.language), class: article.title ? null : 'collection-beginning' }, title);
    return h(
      'tr',
      { role: 'row', 'data-article': article.article_id, onclick: clicked },
      h(
        'th',
        { scope: 'row', role: 'rowheader', class: 'of-title' },
        h('button', { type: 'button', class: 'collection-open', onclick: open }, words),
        article.found && h('span', { class: 'collection-in-text' }, say('in-text')),
      ),
      cell('publisher', article.publisher ? apart(article.publisher) : unknown()),
      cell('day', article.published ? days(article.published) : unknown()),
      cell('language', nameOf(article.language)),
      cell('added', h('span', { class: 'on-phones' }, say('added-on', { day: dayOf(article.fetched) })), h('span', { class: 'on-desks' }, dayOf(article.fetched))),
      adding && cell('remove', remover(article, title)),
    );
  }

  function days(iso) {
    const other = gregorian(iso);
    return [h('time', { datetime: iso }, day(iso)), other && h('span', { class: 'gregorian' }, `(${other})`)];
  }

  function remover(article, title) {
    const ask = (event) => confirmRemoval({ article, title, opener: event.currentTarget, done: () => removed(article, title) });
    const labels = { title: say('remove'), 'aria-label': say('remove-title', { title }) };
    return h('button', { type: 'button', class: 'sanad-button quiet', ...labels, onclick: ask }, glyph('remove'));
  }

  /** Goes on where the article was. */
  async function removed(article, title) {
    const at = found.articles.findIndex((one) => one.article_id === article.article_id);
    announce();
    await load();
    const rows = parts.list.querySelectorAll('.collection-open');
    (rows[Math.min(Math.max(at, 0), rows.length - 1)] ?? place.querySelector('#collection-title')).focus();
    tell(say('removed-title', { title }));
  }
}
