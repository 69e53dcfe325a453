// The bar on top: what page is shown, in which language and in which light.

import { clear, h, icon, iconButton } from './dom.js';
import { t } from './words.js';

const LANGUAGES = { fa: 'فارسی', ar: 'العربية', en: 'English' };

export function mountTop(element, { setLanguage, setView, startAnew }) {
  const top = element.querySelector('#top');
  draw();
  window.addEventListener('sanad:language', draw);
  window.addEventListener('sanad:view', draw);
  let wasDark = isDark();
  // Gradio follows the system when that turns dark or light.
  new MutationObserver(() => {
    if (wasDark === isDark()) return;
    wasDark = isDark();
    draw();
  }).observe(document.body, { attributeFilter: ['class'] });

  function draw() {
    const focused = top.contains(document.activeElement) ? document.activeElement.id : '';
    clear(
      top,
      h('a', { class: 'skip', href: '#question', onclick: toQuestion }, t('skip')),
      h('h1', { class: 'brand' }, mark(), h('span', { class: 'unseen-on-phones' }, t('name'))),
      h('nav', { 'aria-label': t('nav') }, tab('chat'), tab('collection')),
      h('div', { class: 'tools' }, anew(), languages(), darkness()),
    );
    document.title = t('title');
    if (focused) document.getElementById(focused)?.focus();
  }

  function toQuestion(event) {
    event.preventDefault();
    setView('chat');
    document.querySelector('#question textarea')?.focus();
  }

  function tab(view) {
    const current = document.body.dataset.view === view;
    return h(
      'button',
      { id: `nav-${view}`, type: 'button', 'aria-current': current ? 'page' : null, onclick: () => setView(view) },
      t(`nav-${view}`),
    );
  }

  function anew() {
    return h(
      'button',
      { id: 'new-chat', type: 'button', class: 'quiet', title: t('new'), 'aria-label': t('new'), onclick: startAnew },
      icon('plus'),
      h('span', {}, t('new')),
    );
  }

  function languages() {
    const select = h(
      'select',
      { id: 'language', 'aria-label': t('language'), onchange: () => setLanguage(select.value) },
      Object.entries(LANGUAGES).map(([code, name]) => h('option', { value: code, lang: code }, name)),
    );
    select.value = window.sanad.language;
    return select;
  }

  function darkness() {
    const dark = isDark();
    return iconButton(dark ? 'sun' : 'moon', t('dark'), {
      id: 'theme',
      class: 'quiet',
      'aria-pressed': String(dark),
      onclick: () => setTheme(dark ? 'light' : 'dark'),
    });
  }
}

const isDark = () => document.body.classList.contains('dark');

function mark() {
  const seal = icon('check');
  seal.setAttribute('class', 'icon seal');
  return seal;
}

function setTheme(theme) {
  document.body.classList.toggle('dark', theme === 'dark');
  document.documentElement.style.colorScheme = theme;
  try {
    localStorage.setItem('sanad.theme', theme); // the page is drawn in it from the first moment on, next time
  } catch {
    // It holds until the page is left, then.
  }
}
