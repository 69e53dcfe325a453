// Where the question is written: send, stop, edit, and the line that says how answers are made.

import { clear, h, iconButton } from './dom.js';
import { mountFilters } from './filters.js';
import { talk } from './talk.js';
import { directionOf, failure, number, t } from './words.js';

const LONGEST = 4000;

export function mountComposer(element) {
  const box = h('textarea', { rows: '1', enterkeyhint: 'send', autocomplete: 'off', maxlength: String(LONGEST * 2) });
  const complaint = h('p', { class: 'complaint', role: 'alert' });
  const editing = h('div', { class: 'editing' });
  const buttons = h('div', { class: 'buttons' });
  const status = h('div', { id: 'status-line' });
  const filters = mountFilters();
  clear(
    element.querySelector('#composer'),
    filters.panel,
    editing,
    h('div', { id: 'question', class: 'field' }, box, buttons),
    complaint,
    h('div', { class: 'under' }, filters.bar, status),
  );

  box.addEventListener('input', grow);
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && talk.editing) {
      event.stopPropagation();
      cancel();
    }
  });
  window.addEventListener('sanad:language', draw);
  talk.onChange((what) => {
    if (what.asked || what.anew) box.value = '';
    if (what.editing && talk.editing) {
      box.value = talk.turn(talk.editing)?.question ?? '';
      box.focus();
    }
    draw();
    if ('failed' in what) {
      box.value ||= what.question;
      grow();
      complaint.textContent = what.failed && failure(what.failed);
    }
  });
  draw();
  return { focus: () => box.focus(), box };

  function draw() {
    box.placeholder = t('placeholder');
    box.setAttribute('aria-label', t('question'));
    const stopping = Boolean(talk.busy);
    const button = buttons.firstElementChild;
    if (!button || button.id !== (stopping ? 'stop' : 'send') || button.title !== t(button.id)) {
      const held = button && button === document.activeElement;
      clear(buttons, stopping ? iconButton('stop', t('stop'), { id: 'stop', onclick: talk.stop }) : sender());
      if (held) buttons.firstElementChild.focus();
    }
    clear(editing, talk.editing ? [h('span', {}, t('editing')), iconButton('close', t('cancel-edit'), { onclick: cancel })] : []);
    clear(status, parts().map((part) => h('span', {}, part)));
    grow();
  }

  function sender() {
    return iconButton('send', t('send'), { id: 'send', onclick: send });
  }

  function send() {
    const length = Array.from(box.value.trim()).length;
    complaint.textContent = length > LONGEST ? t('too-long', { limit: LONGEST }) : '';
    if (length > LONGEST || filters.wrong()) return;
    if (!talk.ask(box.value)) return;
    filters.close();
    box.focus();
  }

  function cancel() {
    box.value = '';
    talk.edit(false);
    box.focus();
  }

  function grow() {
    complaint.textContent = '';
    box.dir = directionOf(box.value) ?? document.documentElement.dir;
    box.style.blockSize = 'auto';
    box.style.blockSize = `${Math.min(box.scrollHeight, 200)}px`;
  }
}

/** How answers are made, and what the last one cost. */
function parts() {
  const { mode, model, host } = window.sanad;
  const shown = mode === 'generative' ? [t('model', { model: model ?? '' }), host ? t('host', { host }) : ''] : [t('quotes-only')];
  const usage = talk.turn(talk.last)?.usage;
  if (usage) {
    shown.push(t('tokens', { received: usage.tokens_in, written: usage.tokens_out }), t('requests', { count: usage.requests }));
    if (usage.cost !== null) shown.push(t('cost', { cost: number(usage.cost, { maximumFractionDigits: 6 }) }));
  }
  return shown.filter(Boolean);
}
