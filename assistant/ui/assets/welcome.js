// What is there before the first question: what the collection holds, and questions that find something in it.

import { clear, h } from './dom.js';
import { send } from './sending.js';
import { talk } from './talk.js';
import { problem } from './told.js';
import { t } from './words.js';

const TRIES = 5;
const AGAIN = 4000; // milliseconds

export function mountWelcome(element) {
  const section = element.querySelector('#welcome');
  let library = null;
  let progress = '';
  let tries = 0;

  window.addEventListener('sanad:language', load);
  window.addEventListener('sanad:collection-changed', load);
  talk.onChange(draw);
  load();

  async function load() {
    draw();
    try {
      const reply = await fetch(`/api/chat/first?ui=${window.sanad.language}`);
      if (!reply.ok) throw new Error(reply.statusText);
      library = await reply.json();
      tries = 0;
    } catch {
      library = null; // somebody may be changing it just now
      if ((tries += 1) < TRIES) setTimeout(load, AGAIN);
    }
    if (library) window.dispatchEvent(new CustomEvent('sanad:library', { detail: library }));
    draw();
  }

  function draw() {
    const empty = !talk.order.length && !talk.busy;
    document.body.classList.toggle('asked', !empty);
    section.hidden = !empty;
    if (!empty) return;
    if (library && !library.articles) return clear(section, h('h2', {}, t('empty')), ...seeds());
    clear(
      section,
      h('h2', {}, t('hello')),
      h('p', { class: 'promise' }, t('promise')),
      h('p', { class: 'about' }, library ? isolated(library.intro, Object.keys(library.publishers)) : ''),
      library?.questions.length ? questions() : null,
    );
  }

  function questions() {
    const list = library.questions.map((question) =>
      h('li', {}, h('button', { type: 'button', class: 'suggestion', onclick: () => talk.ask(question) }, question)));
    return h('div', { class: 'first' }, h('h3', {}, t('first-questions')), h('ul', {}, list));
  }

  function seeds() {
    if (window.sanad.readOnly) return [h('p', { class: 'promise' }, t('empty-read-only'))];
    return [
      h('p', { class: 'promise' }, t('empty-hint')),
      h('button', { id: 'seeds', type: 'button', class: 'primary', disabled: Boolean(progress), onclick: addSeeds }, t('seeds')),
      h('p', { class: 'about', role: 'status' }, progress),
    ];
  }

  async function addSeeds() {
    say(t('seeds-progress', { done: 0, total: 5 }));
    const { error } = await send('/api/articles/seeds', null, ({ done, total }) => total && say(t('seeds-progress', { done, total })));
    if (error) {
      say(t('seeds-failed', { reason: problem(error.kind) }));
      progress = '';
      section.querySelector('#seeds')?.removeAttribute('disabled');
    } else {
      progress = '';
      window.dispatchEvent(new CustomEvent('sanad:collection-changed', { detail: {} }));
    }
  }

  function say(text) {
    progress = text;
    draw();
  }
}

/** `text` with each of the `names` in it kept together: names of another script would change places otherwise. */
function isolated(text, names) {
  const parts = [];
  let rest = text;
  while (rest) {
    const [at, name] = names
      .map((name) => [rest.indexOf(name), name])
      .filter(([at]) => at >= 0)
      .sort(([a, first], [b, second]) => a - b || second.length - first.length)[0] ?? [rest.length, ''];
    parts.push(rest.slice(0, at), name && h('bdi', {}, name));
    rest = rest.slice(at + name.length);
  }
  return parts;
}
