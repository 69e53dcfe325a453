// Where the parts of an article's text begin and end. Nothing here touches the page.

/** Offsets in characters (code points), as articles count them, as offsets in UTF-16 units, as strings here count them. */
export function units(text, points) {
  if (!/[\ud800-\udbff]/.test(text)) return points.map((point) => Math.min(point, text.length));
  const wanted = new Set(points);
  const found = new Map();
  let point = 0;
  let unit = 0;
  for (const character of text) {
    if (wanted.has(point)) found.set(point, unit);
    point += 1;
    unit += character.length;
  }
  return points.map((one) => found.get(one) ?? text.length);
}

/** The lines of `text` that hold anything, each as runs { text, boilerplate, lit }; `span` is what is lit, or null. */
export function paragraphs(text, boilerplate, span) {
  const spans = [...boilerplate, ...(span ? [span] : [])];
  const places = units(text, spans.flatMap(({ start, end }) => [start, end]));
  const ranges = spans.map((_, at) => ({ start: places[2 * at], end: places[2 * at + 1], lit: at === boilerplate.length }));
  return [...text.matchAll(/[^\n]+/g)]
    .filter(([line]) => line.trim())
    .map((line) => runs(text, line.index, line.index + line[0].length, ranges));
}

function runs(text, start, end, ranges) {
  const here = ranges.filter((range) => range.start < end && range.end > start);
  const cuts = new Set([start, end, ...here.flatMap((range) => [Math.max(start, range.start), Math.min(end, range.end)])]);
  const ordered = [...cuts].sort((a, b) => a - b);
  return ordered.slice(1).map((to, at) => {
    const over = here.filter((range) => range.start <= ordered[at] && range.end >= to);
    return {
      text: text.slice(ordered[at], to),
      lit: over.some((range) => range.lit),
      boilerplate: over.some((range) => !range.lit),
    };
  });
}

/** The address of a page on the web, null for anything else: no other scheme is ever opened. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return ['http:', 'https:'].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}
