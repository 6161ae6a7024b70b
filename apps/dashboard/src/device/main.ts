import '../no-eval.js';
import '../style.css';
import { join } from './browser-device.js';

const form = element<HTMLFormElement>('join');
const state = element('state');
const list = element('log');

/** The address may bring code and name, as that of a picture to be scanned does. */
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? '').trim();
  form.hidden = true;
  say('joins');
  const tags = text('tag') === '' ? [] : [text('tag')];
  join({ code: text('code'), name: text('name'), tags, log: say }).catch((error: unknown) => {
    form.hidden = false;
    say(error instanceof Error ? error.message : String(error));
  });
});

function say(line: string): void {
  state.textContent = line;
  const item = document.createElement('li');
  item.textContent = `${new Date().toLocaleTimeString()} ${line}`;
  list.prepend(item);
}

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new TypeError(`the page has no #${id}`);
  return found as T;
}
