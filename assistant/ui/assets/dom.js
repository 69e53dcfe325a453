// Elements by name, so that no text ever becomes HTML.

const ICONS = {
  send: 'M12 19V5M5.5 11.5 12 5l6.5 6.5',
  stop: 'M7 7h10v10H7z',
  close: 'M6 6l12 12M18 6 6 18',
  plus: 'M12 5v14M5 12h14',
  sun: 'M12 4V2M12 22v-2M4 12H2M22 12h-2M5.6 5.6 4.2 4.2M19.8 19.8l-1.4-1.4M5.6 18.4l-1.4 1.4M19.8 4.2l-1.4 1.4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z',
  filter: 'M4 6h16M7 12h10M10 18h4',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  retry: 'M4 12a8 8 0 1 1 2.4 5.7M4 12V7M4 12h5',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  like: 'M7 11v9H4v-9zM7 11l4-7a2 2 0 0 1 2 2v4h5.5a2 2 0 0 1 2 2.3l-1 6A2 2 0 0 1 17.500 20H7',
  dislike: 'M7 13V4H4v9zM7 13l4 7a2 2 0 0 0 2-2v-4h5.500a2 2 0 0 0 2-2.300l-1-6A2 2 0 0 0 17.500 4H7',
  article: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
  link: 'M14 4h6v6M20 4l-9 9M18 14v6H4V6h6',
  sources: 'M5 4h14v16H5zM9 8h6M9 12h6M9 16h3',
};

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon icon-${name}`);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** h('button', { class: 'x', onclick }, 'text', child): properties that begin with `on` are listeners, the rest attributes. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return element;
}

/** A button that shows an icon; its name is for screen readers and the tooltip. */
export function iconButton(name, label, attributes = {}) {
  return h('button', { type: 'button', title: label, 'aria-label': label, ...attributes }, icon(name));
}

export function clear(element, ...children) {
  element.replaceChildren(...children.flat().filter(Boolean));
  return element;
}

/** Says to those who hear the page what the eye sees. */
export function announce(words) {
  const live = document.getElementById('announce');
  if (live) live.textContent = words;
}

/** Browsers keep the clipboard from pages that come without encryption; those they let copy what is selected, in `place`. */
export async function toClipboard(text, place = document.body) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copiedFrom(place, text)) throw new Error('the browser did not copy');
  }
}

function copiedFrom(place, text) {
  const held = document.activeElement;
  const box = place.appendChild(h('textarea', { class: 'unseen', 'aria-hidden': 'true' }));
  box.value = text;
  box.select();
  const done = document.execCommand('copy');
  box.remove();
  held?.focus();
  return done;
}

export const isPhone = () => window.matchMedia('(max-width: 760px)').matches;
