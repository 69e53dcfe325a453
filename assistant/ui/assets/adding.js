// Adding articles: files chosen or dropped are sent, the server tells how it goes, and what became of them is shown.

import { clear, h, icon, iconButton } from './dom.js';
import { dropped } from './dropping.js';
import { send } from './sending.js';
import { apart, listed, percent, problem, say } from './told.js';

const FORMATS = ['.txt', '.md', '.html', '.htm', '.pdf', '.docx', '.jsonl'];
const MEGABYTES = 10; // of a file
const FILES = 50; // sent at once
const BYTES = 45 * 1024 * 1024; // sent at once; the server reads 50 MB
const SHOWN = 20; // files and notes told one by one
const COUNTS = ['added', 'updated', 'unchanged', 'removed'];

export const isKnown = (name) => FORMATS.some((format) => name.toLowerCase().endsWith(format));

/** The parts of the page that belong to adding; `added` is told when it has ended, `tell` says a line to screen readers. */
export function mountAdding(place, { added, tell }) {
  let work = null; // under way
  let report = null; // of what is over
  const shown = h('div', { class: 'collection-work' });
  dropped(place, { ready: () => !work, isKnown, take: add });
  return { control, seeds: seedsButton, progress: () => (draw(), shown), veil, refresh: disable };

  // -- what is shown besides the list --

  /** The browser's own control for files lies unseen over what looks like a button: keyboards and screen readers know it. */
  function control() {
    const input = h('input', { type: 'file', id: 'upload', multiple: true, accept: FORMATS.join(','), 'aria-describedby': 'upload-hint', onchange: chosen });
    const formats = FORMATS.filter((format) => format !== '.htm').join(', ');
    const hint = say('add-hint', { formats: plain(formats), megabytes: MEGABYTES });
    return h(
      'div',
      { class: 'collection-add' },
      h('label', { class: 'sanad-button primary' }, icon('plus'), h('span', {}, say('add')), input),
      h('p', { id: 'upload-hint' }, hint, h('span', { class: 'on-desks' }, ' ', say('add-drop'))),
    );

    function chosen() {
      add([...input.files]);
      input.value = '';
    }
  }

  function seedsButton() {
    return h('button', { type: 'button', class: 'sanad-button', id: 'collection-seeds', onclick: seeds }, say('seeds'));
  }

  function veil() {
    return h('p', { class: 'collection-veil', 'aria-hidden': 'true' }, say('drop'));
  }

  function disable() {
    place.classList.toggle('working', Boolean(work));
    for (const button of place.querySelectorAll('#upload, #collection-seeds')) button.disabled = Boolean(work);
  }

  function draw() {
    disable();
    clear(shown, work ? drawnWork() : report && drawnReport());
  }

  // -- the work --

  /** Sends files in as many requests as they need. `sameName` is what becomes of one whose name another text came under. */
  async function add(files, sameName = 'skip') {
    if (work || !files.length) return;
    const good = files.filter((file) => !fault(file));
    const bad = files.filter(fault).map((file) => ({ path: file.name, ...fault(file) }));
    begin(good.length, bad, good[0]?.name);
    for (const batch of batches(good)) {
      if (work.stopping) report.stopped = true;
      if (work.stopping) break;
      const form = new FormData();
      form.append('same_name', sameName);
      batch.forEach((file) => form.append('files', file, file.name));
      const before = work.done;
      const ended = await send('/api/articles', form, ({ done, total, ...moved }) => move({ ...moved, done: before + done }));
      work.done = before + batch.length;
      if (!account(ended, batch)) break;
    }
    await end();
  }

  async function seeds() {
    if (work) return;
    begin(0, []);
    account(await send('/api/articles/seeds', null, move), []);
    await end();
    place.querySelector('.collection-open')?.focus();
  }

  function begin(total, skipped, name = '') {
    work = { total, done: 0, name, sent: null, stopping: false };
    report = { added: 0, updated: 0, unchanged: 0, removed: 0, skipped, noted: [], error: '', stopped: false };
    draw();
  }

  function move(moved) {
    Object.assign(work, { sent: null }, moved, { name: moved.name || work.name });
    draw();
  }

  async function end() {
    work = null;
    draw();
    await added(report.added + report.updated + report.removed > 0);
    tell(listed([...counts(), report.error && problem(report.error)]));
  }

  /** Adds what one request came to; whether to go on. */
  function account({ report: came, error }, files) {
    if (error) {
      report.error = error.kind;
      return false;
    }
    for (const what of COUNTS) report[what] += came[what];
    const of = (item) => (item.code === 'taken' ? files.filter((file) => file.name.normalize('NFC') === item.path) : []);
    report.skipped.push(...came.skipped.map((item) => ({ ...item, files: of(item) })));
    report.noted.push(...came.noted);
    return true;
  }

  function drawnWork() {
    const { total, done, name, sent, stopping } = work;
    const storing = sent === null && done >= total;
    const words = () => {
      if (stopping) return say('stopping');
      if (sent !== null) return say('sending', { percent: percent(sent) });
      return storing ? say('storing') : say('reading', { done: done + 1, total, name });
    };
    const bar = shown.querySelector('progress') ?? h('progress', { max: '1', 'aria-labelledby': 'collection-progress' });
    if (storing) bar.removeAttribute('value');
    else bar.value = sent ?? done / total;
    const stop = h('button', { type: 'button', class: 'sanad-button', onclick: () => move({ stopping: true }) }, say('stop'));
    const stoppable = total > FILES && !stopping;
    return h('div', { class: 'collection-progress' }, h('p', { id: 'collection-progress' }, words()), bar, stoppable && stop);
  }

  // -- the report --

  function drawnReport() {
    const close = () => {
      report = null;
      draw();
      place.querySelector('#collection-title').focus();
    };
    return h(
      'div',
      { class: 'collection-report', role: 'group', 'aria-labelledby': 'collection-report-title' },
      h('h3', { id: 'collection-report-title' }, say('report')),
      iconButton('close', say('close-report'), { class: 'sanad-button quiet', onclick: close }),
      h('p', { class: 'collection-counts' }, counts().map((words) => h('span', {}, words))),
      report.error && h('p', { class: 'collection-error', role: 'alert' }, problem(report.error)),
      report.stopped && h('p', {}, say('stopped')),
      some(report.noted.map((note) => h('li', {}, told('note', note, note.text)))),
      report.skipped.length > 0 && h('h4', {}, say('why-skipped')),
      some(report.skipped.map(skipped)),
    );
  }

  function counts() {
    const numbers = { ...report, skipped: report.skipped.length };
    const what = [...COUNTS, 'skipped'].filter((name) => numbers[name] || name === 'added');
    return what.map((name) => say('counted', { what: say(name), count: numbers[name] }));
  }

  function some(rows) {
    const rest = rows.length - SHOWN;
    return rows.length > 0 && h('ul', {}, rows.slice(0, SHOWN), rest > 0 && h('li', {}, say('more', { count: rest })));
  }

  function skipped(item) {
    const name = apart(item.path, { class: 'collection-file' });
    const where = item.line ? [say('comma'), say('line', { line: item.line })] : null;
    return h('li', {}, h('span', {}, name, where), h('span', {}, told('reason', item, item.reason)), item.files?.length > 0 && ways(item));
  }

  /** For a file whose name another text came under: what may become of both. */
  function ways(item) {
    const decide = (how) => () => {
      place.querySelector('#collection-title').focus();
      add(item.files, how);
    };
    const way = (how) =>
      h('button', { type: 'button', class: 'sanad-button', 'aria-label': say(`${how}-name`, { name: item.path }), onclick: decide(how) }, say(how));
    return h('span', { class: 'collection-ways' }, way('replace'), way('keep'));
  }
}

/** What keeps a file from being sent: the server would refuse it. */
function fault(file) {
  if (!isKnown(file.name)) return { code: 'format', values: { formats: FORMATS.join(', ') } };
  if (file.size > MEGABYTES * 1024 * 1024) return { code: 'large', values: { megabytes: String(MEGABYTES) } };
  return file.size ? null : { code: 'empty', values: {} };
}

function* batches(files) {
  let batch = [];
  let size = 0;
  for (const file of files) {
    if (batch.length && (batch.length >= FILES || size + file.size > BYTES)) {
      yield batch;
      [batch, size] = [[], 0];
    }
    batch.push(file);
    size += file.size;
  }
  if (batch.length) yield batch;
}

/** A reason or note in the language of the page; `otherwise` where it has no code. Numbers come as text. */
function told(kind, item, otherwise) {
  if (!item.code) return otherwise;
  const shown = { formats: plain, megabytes: Number, first: Number, character: Number };
  const values = Object.entries(item.values).map(([name, value]) => [name, shown[name]?.(value) ?? value]);
  return say(`${kind}.${item.code}`, Object.fromEntries(values));
}

/** Formats without the dots before them, which would jump to the wrong side of a line that runs from right to left. */
const plain = (formats) => formats.replaceAll('.', '').toUpperCase();
