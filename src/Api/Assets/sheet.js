// The panel at the side: an item, or why something is or is not on a list.

import { fragment } from './net.js';
import { current } from './person.js';
import { expression } from './filter.js';
import { watch } from './impressions.js';

const sheet = document.getElementById('sheet');
const body = document.getElementById('sheet-body');

let reading = null;

async function show(path, parameters) {
  reading?.abort();
  reading = new AbortController();
  let content;
  try {
    content = await fragment(path, parameters, reading.signal);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    const note = document.createElement('div');
    note.className = 'callout';
    const title = document.createElement('h2');
    title.id = 'sheet-title';
    title.textContent = 'That did not work';
    const detail = document.createElement('p');
    detail.textContent = problem.message;
    note.append(title, detail);
    content = note;
  }
  fill(content);
  watch(body);
}

export function fill(content) {
  body.replaceChildren(content);
  sheet.scrollTop = 0;
  if (!sheet.open) sheet.showModal();
}

export const showItem = id => show('shop/item', { id, user: current().id });

export const showWhy = (item, shelf, of) => show('shop/why', { item, shelf, of, user: current().id, filter: expression() });

export const close = () => sheet.close();

sheet.addEventListener('click', click => {
  // The dialog itself is hit only beside its content: on the backdrop.
  if (click.target === sheet || click.target.closest('[data-close]')) sheet.close();
});
