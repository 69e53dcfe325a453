// Opens an article when somebody wants to read one; the reading view itself is only loaded then.
window.addEventListener('sanad:open-article', async (event) => {
  const opener = document.activeElement;
  const { open } = await import('./reading.js');
  open(event.detail, opener);
});
