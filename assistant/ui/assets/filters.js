// Which articles may answer, and in which language.

import { clear, h, icon } from './dom.js';
import { talk } from './talk.js';
import { languageName, number, t } from './words.js';

const ANSWERS = ['auto', 'fa', 'ar', 'en'];

export function mountFilters() {
  const chosen = { languages: new Set(), publishers: new Set(), since: null, until: null, answer: 'auto' };
  const typed = { since: '', until: '' };
  const read = { since: null, until: null };
  let library = { languages: {}, publishers: {}, dated: false };
  let open = false;

  const toggle = h('button', { type: 'button', class: 'quiet', 'aria-expanded': 'false', 'aria-controls': 'filters', onclick: flip });
  const answer = h('select', { id: 'answer-language', onchange: () => { chosen.answer = answer.value; } });
  const bar = h('div', { class: 'filter-bar' }, toggle, answer);
  const panel = h('section', { id: 'filters', hidden: true, onkeydown: escape });

  talk.filteredBy(asked);
  window.addEventListener('sanad:language', draw);
  window.addEventListener('sanad:library', (event) => {
    library = event.detail;
    for (const group of ['languages', 'publishers']) {
      for (const name of [...chosen[group]]) if (!(name in library[group])) chosen[group].delete(name);
    }
    draw();
  });
  draw();
  return { bar, panel, wrong, close: () => open && flip() };

  function asked() {
    const filters = { languages: [...chosen.languages], publishers: [...chosen.publishers], since: chosen.since, until: chosen.until };
    return { filters, language: chosen.answer === 'auto' ? null : chosen.answer };
  }

  /** Whether a day that was typed cannot be used; then the filters are shown. */
  function wrong() {
    const unread = ['since', 'until'].some((name) => typed[name].trim() && !chosen[name]);
    const bad = unread || crossed();
    if (bad && !open) flip();
    return bad;
  }

  function crossed() {
    return Boolean(chosen.since && chosen.until && chosen.since > chosen.until);
  }

  function flip() {
    open = !open;
    draw();
    if (open) panel.querySelector('input')?.focus();
  }

  function escape(event) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    flip();
    toggle.focus();
  }

  function count() {
    return chosen.languages.size + chosen.publishers.size + Number(Boolean(chosen.since)) + Number(Boolean(chosen.until));
  }

  function draw() {
    const used = count();
    clear(toggle, icon('filter'), h('span', {}, t('filters')), used ? h('span', { class: 'count', 'aria-hidden': 'true' }, number(used)) : null);
    toggle.setAttribute('aria-expanded', String(open));
    toggle.setAttribute('aria-label', used ? t('filters-set', { count: used }) : t('filters'));
    clear(answer, ANSWERS.map((code) => h('option', { value: code }, t(`answer-language-${code}`))));
    answer.value = chosen.answer;
    answer.setAttribute('aria-label', t('answer-language'));
    panel.hidden = !open;
    panel.setAttribute('aria-label', t('filters'));
    if (open) clear(panel, group('languages', languageName), group('publishers', (name) => name), days(), clearing());
  }

  function group(kind, named) {
    const names = Object.keys(library[kind]);
    if (!names.length) return null;
    const boxes = names.map((name) => {
      const box = h('input', { type: 'checkbox', value: name });
      box.checked = chosen[kind].has(name);
      box.addEventListener('change', () => {
        if (box.checked) chosen[kind].add(name);
        else chosen[kind].delete(name);
        refresh();
      });
      return h('label', { class: 'choice' }, box, h('bdi', {}, named(name) || name), h('span', { class: 'count' }, number(library[kind][name])));
    });
    return h('fieldset', {}, h('legend', {}, t(`filters-${kind}`)), h('div', { class: 'choices' }, boxes));
  }

  function days() {
    const warning = h('p', { class: 'reading', id: 'days-note', role: 'status' });
    const fields = ['since', 'until'].map((name) => dayField(name, warn));
    warn();
    return h('fieldset', {}, h('legend', {}, t('filters-days')), h('div', { class: 'days' }, fields), warning);

    function warn() {
      if (crossed()) warning.textContent = t('days-crossed');
      else warning.textContent = !library.dated && (chosen.since || chosen.until) ? t('undated') : '';
    }
  }

  function dayField(name, warn) {
    const box = h('input', {
      type: 'text', id: `day-${name}`, value: typed[name], placeholder: t('day-example'), maxlength: '60', autocomplete: 'off',
      'aria-describedby': `reading-${name}`,
    });
    const reading = h('span', { class: 'reading', id: `reading-${name}`, role: 'status' });
    say();
    box.addEventListener('input', () => {
      typed[name] = box.value;
      chosen[name] = null;
      understand(name).then(() => {
        say();
        warn();
        refresh();
      });
    });
    return h('div', { class: 'day' }, h('label', { for: `day-${name}` }, t(name)), box, reading);

    function say() {
      const wrong = typed[name].trim() && !chosen[name];
      reading.textContent = wrong ? t('day-unread') : chosen[name] ? read[name] : '';
      reading.classList.toggle('wrong', Boolean(wrong));
      box.setAttribute('aria-invalid', String(Boolean(wrong)));
    }
  }

  async function understand(name) {
    const text = typed[name].trim();
    if (!text) return;
    try {
      const query = new URLSearchParams({ text, ui: window.sanad.language });
      const found = await (await fetch(`/api/chat/day?${query}`)).json();
      if (typed[name].trim() !== text) return;
      chosen[name] = found.day;
      read[name] = found.words;
    } catch {
      // The server is away; sending will say so.
    }
  }

  function clearing() {
    return h('button', { type: 'button', class: 'quiet', onclick: () => {
      chosen.languages.clear();
      chosen.publishers.clear();
      for (const name of ['since', 'until']) {
        chosen[name] = null;
        typed[name] = '';
      }
      draw();
      panel.querySelector('input')?.focus();
    } }, t('filters-clear'));
  }

  /** The number of filters in use, without drawing anew what somebody is typing in. */
  function refresh() {
    const hidden = panel.hidden;
    const was = open;
    open = false;
    draw();
    open = was;
    panel.hidden = hidden;
    toggle.setAttribute('aria-expanded', String(open));
  }
}
