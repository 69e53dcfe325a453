// The messages that Gradio draws: their direction, their numbers, and what one can do with an answer.

import { announce, clear, h, icon, iconButton, toClipboard } from './dom.js';
import { openArticle } from './panel.js';
import { talk } from './talk.js';
import { directionOf, t } from './words.js';

const BLOCKS = 'p, ul, ol, table, h1, h2, h3, h4, h5, h6, blockquote';

/** Keeps what Gradio has drawn in order: before each paint, and when the language changes. */
export function mountMessages(panel) {
  const bot = document.querySelector('#bot');
  const observer = new MutationObserver(tidy);
  const scroller = document.querySelector('#transcript');
  const pending = scroller.appendChild(h('div', { id: 'pending', hidden: true }));
  let asked = '';
  const watch = () => observer.observe(bot, { childList: true, subtree: true, characterData: true });
  watch();
  talk.onChange((what) => {
    if (what.asked) wait(what.asked);
    pending.hidden = !talk.busy || talk.order.includes(talk.busy);
    tidy();
  });
  window.addEventListener('sanad:language', tidy);
  document.addEventListener('click', follow, true);
  document.addEventListener('keydown', (event) => {
    if (event.key === ' ' && event.target.matches?.('#bot a[href^="#"]')) follow(event);
  }, true);
  tidy();

  function tidy() {
    observer.disconnect();
    for (const block of bot.querySelectorAll(BLOCKS)) setDirection(block);
    for (const code of bot.querySelectorAll('pre, code')) code.dir = 'ltr';
    for (const link of bot.querySelectorAll('a[href^="#"]')) nameLink(link);
    bot.querySelector('[role=log]')?.setAttribute('aria-label', t('conversation'));
    // Gradio names a message by its raw Markdown; what it says is enough.
    for (const message of bot.querySelectorAll('[data-testid][aria-label]')) message.removeAttribute('aria-label');
    rows('bot').forEach((row, index) => drawFoot(row, talk.order[index]));
    toLastQuestion();
    watch();
  }

  /** The question at once, before its turn has come. */
  function wait(question) {
    clear(pending, h('p', { class: 'asked', dir: directionOf(question) }, question), h('p', { class: 'searching' }, t('searching')));
    pending.hidden = false;
    pending.scrollIntoView({ block: 'start', behavior: 'instant' });
  }

  /** A new question goes to the top, and its answer is read downwards from there while it grows. */
  function toLastQuestion() {
    const row = rows('user').at(-1);
    if (!row || rows('user').length !== talk.order.length || asked === talk.last) return;
    asked = talk.last;
    bot.style.setProperty('--asked', `${row.offsetHeight}px`);
    const top = scroller.scrollTop + row.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 24;
    scroller.scrollTo({ top, behavior: 'instant' });
  }

  function rows(role) {
    return [...bot.querySelectorAll(`.message-row.${role}-row`)];
  }

  /** A number or a headline was touched. Unprevented, the browser would leave the page: Gradio sets another base address. */
  function follow(event) {
    const link = event.target.closest?.('#bot a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    event.stopPropagation();
    const [, kind, turn, at] = link.getAttribute('href').match(/^#(cite|near)-(\w+)-(\d+)$/) ?? [];
    if (kind === 'cite') panel.open(turn, Number(at), link);
    const near = kind === 'near' && talk.turn(turn)?.near?.[Number(at) - 1];
    if (near) openArticle(near.id);
  }

  function drawFoot(row, turn) {
    const shown = talk.turn(turn);
    let foot = row.querySelector(':scope > .foot');
    if (!shown || talk.busy === turn) return foot?.remove();
    const last = turn === talk.last;
    const state = JSON.stringify([turn, last, talk.busy, window.sanad.language, shown.vote, shown.included, shown.thanks, shown.copied, shown.suggestions, shown.cards?.length]);
    if (foot?.dataset.state === state) return;
    const focused = foot?.contains(document.activeElement) ? document.activeElement.dataset.tool : '';
    foot ??= row.appendChild(h('div', { class: 'foot' }));
    foot.dataset.state = state;
    clear(foot, tools(turn, shown, last), last && !talk.busy ? suggestions(shown) : null);
    if (focused) foot.querySelector(`[data-tool="${focused}"]`)?.focus();
  }

  function tools(turn, shown, last) {
    const busy = Boolean(talk.busy);
    const tool = (name, sign, attributes) => iconButton(sign, t(name), { class: 'quiet', 'data-tool': name, ...attributes });
    const answered = Boolean(shown.token);
    return h(
      'div',
      { class: 'answer-tools', role: 'group', 'aria-label': t('tools') },
      shown.cards?.length ? sources(turn, shown) : null,
      answered ? tool('copy', shown.copied ? 'check' : 'copy', { onclick: () => copy(turn, shown) }) : null,
      last ? retry(tool, answered, busy) : null,
      last ? tool('edit', 'edit', { onclick: () => talk.edit(true), disabled: busy }) : null,
      answered ? votes(turn, shown, tool) : null,
      h('span', { class: 'said' }, shown.copied ? t('copied') : shown.thanks ? t(shown.thanks) : ''),
    );
  }

  /** Where there is no answer, asking again is the way out, and says so. */
  function retry(tool, answered, busy) {
    const button = tool('retry', 'retry', { onclick: talk.retry, disabled: busy });
    if (!answered) button.append(t('retry'));
    return button;
  }

  function sources(turn, shown) {
    const button = h('button', { type: 'button', class: 'quiet to-sources', 'data-tool': 'sources', onclick: () => panel.open(turn, 0, button) },
      icon('sources'), t('sources-count', { count: shown.cards.length }));
    return button;
  }

  /** Thumbs; whoever has voted may add the text, which is never sent otherwise. */
  function votes(turn, shown, tool) {
    const thumb = (vote) => tool(vote, vote, { 'aria-pressed': String(shown.vote === vote), onclick: () => cast(turn, vote, false) });
    return [thumb('like'), thumb('dislike'), shown.vote ? inclusion(turn, shown) : null];
  }

  function inclusion(turn, shown) {
    const box = h('input', { type: 'checkbox', 'data-tool': 'include', disabled: Boolean(shown.included) });
    box.checked = Boolean(shown.included);
    box.addEventListener('change', () => cast(turn, shown.vote, box.checked));
    return h('label', { class: 'include' }, box, h('span', {}, t('include-text')));
  }

  async function cast(turn, vote, includeText) {
    const history = [talk.turn(turn).token];
    let thanks = 'vote-failed';
    try {
      const body = JSON.stringify({ history, ui: window.sanad.language, vote, include_text: includeText });
      const reply = await fetch('/api/chat/vote', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      if (reply.status === 204) thanks = 'thanks';
    } catch {
      // Said below.
    }
    announce(t(thanks));
    talk.note(turn, thanks === 'thanks' ? { vote, thanks, included: includeText, copied: false } : { thanks, copied: false });
  }

  async function copy(turn, shown) {
    try {
      await toClipboard(shown.copy);
      announce(t('copied'));
      talk.note(turn, { copied: true, thanks: '' });
      setTimeout(() => talk.note(turn, { copied: false }), 2000);
    } catch {
      announce(t('copy-failed'));
      talk.note(turn, { thanks: 'copy-failed' });
    }
  }

  function suggestions(shown) {
    if (!shown.suggestions?.length) return null;
    const list = shown.suggestions.map((question) =>
      h('li', {}, h('button', { type: 'button', class: 'suggestion', dir: directionOf(question), onclick: () => talk.ask(question, '') }, question)));
    return h('div', { class: 'next' }, h('h3', {}, t('suggestions')), h('ul', {}, list));
  }
}

/** Words of ours say themselves which way they run; others run the way most of their letters do. */
function setDirection(block) {
  const ours = block.firstElementChild?.matches('span[class][dir]') ? block.firstElementChild.dir : null;
  const direction = ours ?? directionOf(block.textContent) ?? document.documentElement.dir;
  if (block.dir !== direction) block.dir = direction;
}

/** A number is named by its source; a digit alone says nothing to those who hear the page. */
function nameLink(link) {
  const [, kind, , at] = link.getAttribute('href').match(/^#(cite|near)-(\w+)-(\d+)$/) ?? [];
  if (!kind) return;
  const title = link.title || link.textContent;
  const label = kind === 'cite' ? t('source-chip', { number: Number(at), title }) : t('article-link', { title: link.textContent });
  if (link.getAttribute('aria-label') !== label) link.setAttribute('aria-label', label);
  link.setAttribute('role', 'button');
  link.classList.add(kind === 'cite' ? 'chip' : 'headline');
}
