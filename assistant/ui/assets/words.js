// Words, digits, days and names in the language of the interface.

const LOCALES = { fa: 'fa-IR-u-ca-persian-nu-arabext', ar: 'ar-EG-u-ca-gregory-nu-arab', en: 'en-GB' };

export const language = () => window.sanad.language;

export const direction = (code = language()) => (code === 'en' ? 'ltr' : 'rtl');

export function t(key, values = {}) {
  const words = window.sanadStrings[language()][`chat.${key}`] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? number(value) : value;
  });
}

/** Why a question got no answer. */
export const failure = (kind) => t(window.sanadStrings.en[`chat.error.${kind}`] ? `error.${kind}` : 'error.Other');

export const number = (value, options = {}, code = language()) =>
  new Intl.NumberFormat(LOCALES[code] ?? code, { useGrouping: value >= 10000, ...options }).format(value);

export function day(iso) {
  if (!iso) return '';
  const when = new Date(`${iso}T12:00:00Z`);
  return new Intl.DateTimeFormat(LOCALES[language()], { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
    .formatToParts(when)
    .filter((part) => part.type !== 'era')
    .map((part) => part.value)
    .join('')
    .trim();
}

export function languageName(code) {
  if (!code || code === 'und') return '';
  try {
    return new Intl.DisplayNames(LOCALES[language()], { type: 'language' }).of(code);
  } catch {
    return code;
  }
}

const RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/gu;
const LEFT = /\p{Script=Latin}/gu;

/** The direction of most of a text's letters; null when it has none. The first letter alone would mislead: «OpenAI گفت …». */
export function directionOf(text) {
  const right = (text.match(RIGHT) ?? []).length;
  const left = (text.match(LEFT) ?? []).length;
  if (!right && !left) return null;
  return right >= 0.6 * left ? 'rtl' : 'ltr';
}
