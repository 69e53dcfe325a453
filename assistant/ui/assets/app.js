// Puts the parts of the page in their places, and keeps language, view, focus and announcements together.

import { mountComposer } from './composer.js';
import { h, isPhone } from './dom.js';
import { mountMessages } from './messages.js';
import { mountPanel } from './panel.js';
import { talk } from './talk.js';
import { mountTop } from './top.js';
import { mountWelcome } from './welcome.js';
import { direction, t } from './words.js';

const PARTS = ['top', 'welcome', 'composer', 'panel'];
const parts = {};

document.body.dataset.view = 'chat';
window.sanadMount = (part) => {
  parts[part.name] = part;
  if (PARTS.every((name) => parts[name])) whenDrawn('#bot', start);
};
(window.sanadParts ?? []).splice(0).forEach(window.sanadMount);

function whenDrawn(selector, then) {
  if (document.querySelector(selector)) return then();
  const observer = new MutationObserver(() => {
    if (!document.querySelector(selector)) return;
    observer.disconnect();
    then();
  });
  observer.observe(document.body, { childList: true, subtree: true });
}

function start() {
  if (document.getElementById('announce')) return;
  const announce = document.body.appendChild(h('div', { id: 'announce', class: 'unseen', role: 'status', 'aria-live': 'polite' }));
  mountTop(parts.top.element, { setLanguage, setView, startAnew });
  mountWelcome(parts.welcome.element);
  const composer = mountComposer(parts.composer.element);
  mountMessages(mountPanel(parts.panel));
  talk.onChange((what) => {
    if (what.frame) announced(what.frame, announce);
    document.body.classList.toggle('busy', Boolean(talk.busy));
    if (what.frame && !what.frame.busy) suggest(what.frame.turn);
    if (what.asked || what.anew) setView('chat');
    if (what.anew) composer.focus();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.('input, textarea, select, [contenteditable], dialog')) return;
    event.preventDefault();
    setView('chat');
    composer.focus();
  });
  if (!isPhone()) composer.focus();
  window.sanadFailed = () => talk.failed('Busy'); // Gradio calls it when its line is full
  document.body.classList.add('ready');
}

function setLanguage(language) {
  window.sanad.language = language;
  try {
    localStorage.setItem('sanad.lang', language);
  } catch {
    // It holds until the page is left, then.
  }
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
  window.dispatchEvent(new CustomEvent('sanad:language', { detail: { language } }));
}

function setView(view) {
  if (document.body.dataset.view === view) return;
  document.body.dataset.view = view;
  window.dispatchEvent(new CustomEvent('sanad:view', { detail: { view } }));
}

function startAnew() {
  setView('chat');
  talk.startAnew();
}

function announced(frame, announce) {
  const cards = talk.turn(frame.turn)?.cards ?? [];
  const answered = () => t('answered', { count: cards.length });
  const words = { searching: () => t('searching'), answered, refused: () => t('refused'), stopped: () => t('stopped') }[frame.say];
  if (words && announce.dataset.said !== `${frame.turn} ${frame.say}`) {
    announce.dataset.said = `${frame.turn} ${frame.say}`;
    announce.textContent = words();
  }
}

/** Questions to go on with, once an answer is there. */
async function suggest(turn) {
  const shown = talk.turn(turn);
  if (!shown?.token || shown.suggestions) return;
  talk.note(turn, { suggestions: [] });
  try {
    const body = JSON.stringify({ history: talk.history(), ui: window.sanad.language });
    const reply = await fetch('/api/chat/next', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    if (reply.ok) talk.note(turn, { suggestions: (await reply.json()).questions });
  } catch {
    // An answer without suggestions is an answer all the same.
  }
}
