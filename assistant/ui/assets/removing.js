// Asks before an article is removed, and removes it.

import { h } from './dom.js';
import { own, problem, say } from './told.js';
import { direction, language } from './words.js';

/** A dialog; `done` is called once the article has gone, else the focus goes back to `opener`. */
export function confirmRemoval({ article, title, opener, done }) {
  let gone = false;
  const error = h('p', { class: 'collection-error', role: 'alert' });
  const cancel = h('button', { type: 'button', class: 'sanad-button', id: 'confirm-no', onclick: () => dialog.close() }, say('cancel'));
  const sure = h('button', { type: 'button', class: 'sanad-button danger', id: 'confirm-yes', onclick: agreed }, say('remove'));
  const labels = { 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-hint', dir: direction(), lang: language() };
  const dialog = h(
    'dialog',
    { id: 'confirm-remove', ...labels, onclose: closed },
    h('h2', { id: 'confirm-title' }, say('confirm')),
    h('p', { class: 'confirm-article', ...own(title, article.language) }, title),
    h('p', { id: 'confirm-hint' }, say('confirm-hint')),
    error,
    h('div', { class: 'confirm-buttons' }, cancel, sure),
  );
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();

  async function agreed() {
    if (sure.getAttribute('aria-disabled') === 'true') return;
    sure.setAttribute('aria-disabled', 'true');
    sure.textContent = say('removing');
    const kind = await refusal(article.article_id);
    gone = !kind || kind === 'UnknownArticle'; // somebody else may have removed it meanwhile
    if (gone) {
      dialog.close();
      return;
    }
    sure.removeAttribute('aria-disabled');
    sure.textContent = say('remove');
    error.textContent = problem(kind);
  }

  function closed() {
    dialog.remove();
    if (gone) done();
    else opener.focus();
  }
}

/** Why the article was not removed; nothing when it was. */
async function refusal(id) {
  try {
    const body = JSON.stringify({ ids: [id] });
    const reply = await fetch('/api/articles/remove', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    return reply.ok ? '' : (await reply.json()).error?.kind ?? 'Other';
  } catch {
    return 'Lost';
  }
}
