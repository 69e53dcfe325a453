// Files and folders dropped on the page.

const MOST = 2000; // files taken out of dropped folders

/** Marks `place` while files hover over the page and hands over those dropped, as far as the page is `ready` for them. */
export function dropped(place, { ready, isKnown, take }) {
  let depth = 0; // enters and leaves of nested elements
  const concerned = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files') && place.offsetParent !== null;
  for (const name of ['dragenter', 'dragover', 'dragleave']) window.addEventListener(name, dragged);
  window.addEventListener('drop', drop);

  function dragged(event) {
    if (!concerned(event)) return;
    event.preventDefault(); // the browser would leave the page for the file
    event.dataTransfer.dropEffect = ready() ? 'copy' : 'none';
    depth = Math.max(0, depth + ({ dragenter: 1, dragleave: -1 }[event.type] ?? 0));
    place.classList.toggle('dropping', depth > 0 && ready());
  }

  async function drop(event) {
    if (!concerned(event)) return;
    event.preventDefault();
    depth = 0;
    place.classList.remove('dropping');
    if (!ready()) return;
    // Both must be taken hold of at once: after a pause they are gone.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const files = [...event.dataTransfer.files];
    take(entries.some((entry) => entry.isDirectory) ? await within(entries, isKnown) : files);
  }
}

/** The files dropped, and those of known formats in the folders, as `sanad ingest` would find them. */
async function within(entries, isKnown) {
  const found = [];
  const pending = [...entries];
  while (pending.length && found.length < MOST) {
    const entry = pending.shift();
    if (entry.isDirectory && !entry.name.startsWith('.')) pending.push(...(await children(entry)));
    else if (entry.isFile && (entries.includes(entry) || (isKnown(entry.name) && !entry.name.startsWith('.')))) found.push(await file(entry));
  }
  return found.filter(Boolean);
}

async function children(folder) {
  const reader = folder.createReader();
  const found = [];
  const some = () => new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
  for (let next = await some(); next.length; next = await some()) found.push(...next);
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

const file = (entry) => new Promise((resolve) => entry.file(resolve, () => resolve(null)));
