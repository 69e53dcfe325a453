// Draws the collection where its place is, as soon as that is seen; until then, nothing of it is loaded.
(() => {
  const seen = new IntersectionObserver(async (entries) => {
    const shown = entries.find((entry) => entry.isIntersecting);
    if (!shown) return;
    seen.disconnect();
    const { mountCollection } = await import('./articles.js');
    mountCollection(shown.target);
  });
  const found = () => {
    const place = document.getElementById('collection');
    if (!place) return;
    waiting.disconnect();
    seen.observe(place);
  };
  const waiting = new MutationObserver(found);
  waiting.observe(document.documentElement, { childList: true, subtree: true });
  found();
})();
