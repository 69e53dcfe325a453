// Words of the collection and of the reading view, and what both show of an article.

import { h, icon } from './dom.js';
import { day, directionOf, direction, language, languageName, number } from './words.js';

export function say(key, values = {}) {
  const words = window.sanadStrings[language()][`collection.${key}`] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : value;
  });
}

/** The form of `key` for a count: none and one are worded apart, the rest by the language's plurals. */
export function counted(key, count) {
  const plural = new Intl.PluralRules(language()).select(count);
  const form = ['zero', 'one'][count] ?? (plural === 'one' ? 'other' : plural);
  return say(`${key}.${form}`, { count });
}

/** What to tell of an error, by the name the server gives it. */
export function problem(kind) {
  const key = `error.${kind}`;
  return say(`collection.${key}` in window.sanadStrings[language()] ? key : 'error.Other');
}

export const percent = (share) => number(share, { style: 'percent', maximumFractionDigits: 0 });

/** A list in a sentence. */
export const listed = (parts) => parts.filter(Boolean).join(say('comma'));

/** The day of publication: in Persian also as the rest of the world counts it, to be compared with the article. */
export function published(source) {
  if (!source.published) return null;
  return h('time', { datetime: source.published }, day(source.published), both(source.published));
}

function both(iso) {
  const written = gregorian(iso);
  return written ? [' ', h('span', { class: 'gregorian' }, `(${written})`)] : null;
}

/** The Gregorian day where the language has another calendar, else nothing. */
export function gregorian(iso) {
  if (language() !== 'fa') return '';
  const form = new Intl.DateTimeFormat('fa-IR-u-ca-gregory', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return form.format(new Date(`${iso}T12:00:00Z`)).replace('\u0654', ''); // «ژوئیه», as everywhere else, not «ژوئیهٔ»
}

/** The day of a moment where the visitor is. */
export function dayOf(instant) {
  const moment = new Date(instant ?? '');
  if (Number.isNaN(moment.getTime())) return '';
  const parts = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()];
  return day(parts.map((part) => String(part).padStart(2, '0')).join('-'));
}

export const nameOf = (code) => languageName(code) || say('unknown');

/** The attributes of an element that holds words of an article: their own direction and language. */
export const own = (text, code) => ({ dir: directionOf(text) ?? direction(), lang: code && code !== 'und' ? code : null });

/** A name from elsewhere inside a line of ours: what stands beside it stays in its place. */
export const apart = (text, attributes = {}) => h('bdi', { dir: directionOf(text) ?? direction(), ...attributes }, text);

const PATHS = {
  remove: 'M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  descending: 'M6 9l6 6 6-6',
  ascending: 'M6 15l6-6 6 6',
  jump: 'M12 4v14M6 12l6 6 6-6',
};

/** An icon that only these parts of the page use. */
export function glyph(name) {
  const drawn = icon('close');
  drawn.setAttribute('class', `icon icon-${name}`);
  drawn.firstChild.setAttribute('d', PATHS[name]);
  return drawn;
}

/** A button with an icon before its words. */
export const button = (drawn, words, attributes = {}) => h('button', { type: 'button', class: 'sanad-button', ...attributes }, drawn, h('span', {}, words));
