// The storefront: tells the server what was done, and shows what it changed.

import { events, fragment, json, randomId, toast } from './net.js';
import { become, current } from './person.js';
import { swap } from './flip.js';
import { settle, watch } from './impressions.js';
import { accepted, categories, expression, onFilter, refused } from './filter.js';
import { close, fill, showItem, showWhy } from './sheet.js';
import { showForgotten } from './receipt.js';

const slot = name => document.querySelector(`[data-slot="${name}"]`);
const element = id => document.getElementById(id);

const Done = {
  click: null, like: 'Liked', purchase: 'Bought', addToCart: 'In the cart', hide: 'Gone for good',
};

const hint = element('pulse').textContent;

// Only the newest answer for a shelf counts: a slow one that was overtaken is dropped.
const turns = new Map();

async function load(name, parameters = {}) {
  const turn = (turns.get(name) ?? 0) + 1;
  turns.set(name, turn);
  const person = current().id;
  const fresh = await fragment(`shop/${name}`, { user: person, filter: expression(), ...parameters });
  if (turns.get(name) !== turn || current().id !== person) return null;
  return { fresh, head: fresh?.querySelector('[data-shelf]') };
}

async function loadForYou(after) {
  const answer = await load('for-you', { after });
  if (!answer) return null;
  const changed = swap(slot('for-you'), answer.fresh);
  const { ms, note } = answer.head.dataset;
  const at = performance.now();
  showNote(note);
  watch(slot('for-you'));
  return { ...changed, ms: Number(ms), at };
}

function showNote(note) {
  const shelf = element('for-you');
  shelf.querySelector('.note')?.remove();
  if (!note) return;
  const line = document.createElement('p');
  line.className = 'note';
  line.textContent = note;
  shelf.append(line);
}

async function loadBecause() {
  const answer = await load('because');
  if (!answer) return;
  const filled = answer.fresh !== null && answer.fresh.querySelector('.card') !== null;
  element('because').hidden = !filled;
  if (!filled) return slot('because').replaceChildren();
  element('because-title').textContent = answer.head.dataset.heading;
  swap(slot('because'), answer.fresh);
  watch(slot('because'));
}

async function loadTrending() {
  const answer = await load('trending');
  if (!answer) return;
  swap(slot('trending'), answer.fresh);
  watch(slot('trending'));
}

async function loadProfile() {
  const answer = await load('profile');
  if (!answer) return;
  const root = answer.fresh.firstElementChild;
  element('merge-form').hidden = !current().guest || root.dataset.events === '0';
  element('profile').replaceChildren(answer.fresh);
}

const others = () => Promise.all([loadBecause(), loadTrending(), loadProfile()]);

function complain(problem) {
  if (problem.starting || problem.kind === 'unreachable') return location.reload();
  if (problem.status === 400 && expression()) return refused(problem.message);
  toast(problem.message, true);
}

async function refresh() {
  try {
    await loadForYou();
    accepted();
    await others();
  } catch (problem) {
    complain(problem);
  }
}

// One click, from the pointer to the changed list.
async function act(type, item, origin, since) {
  const person = current().id;
  const event = { userId: person, itemId: item.id, type, eventId: randomId(), requestId: origin.request };
  if (type === 'purchase' && item.price) event.revenue = Number(item.price);
  try {
    const receipt = await events([event]);
    if (current().id !== person) return;
    const list = await loadForYou(receipt.sequences[person]);
    if (list) showPulse(list, list.at - since);
    // Said here too: the list's own line may be out of sight.
    if (Done[type]) toast(list ? `${Done[type]} · list updated in ${(list.at - since).toFixed(1)} ms` : Done[type]);
    await others();
  } catch (problem) {
    complain(problem);
  }
}

function showPulse(list, ms) {
  const changes = [[list.entered, 'new'], [list.moved, 'moved']].filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  const same = list.entered + list.left + list.moved === 0;
  const said = same
    ? `Your click is in; the list stayed as it is, checked in ${ms.toFixed(1)} ms`
    : `Your click changed this list in ${ms.toFixed(1)} ms`;
  for (const line of document.querySelectorAll('[data-pulse]')) {
    line.textContent = `${said} (server ${list.ms.toFixed(1)} ms)${changes.length ? ` · ${changes.join(', ')}` : ''}`;
    line.hidden = false;
    line.classList.toggle('same', same);
    line.classList.remove('fresh', 'hint');
    void line.offsetWidth;
    line.classList.add('fresh');
  }
  element('pulse').dataset.ms = ms.toFixed(2);
}

document.addEventListener('click', click => {
  if (click.target.closest?.('[data-retry]')) return refresh();
  const button = click.target.closest?.('[data-act]');
  if (!button) return;
  const holder = button.closest('[data-item]');
  const shelf = button.closest('[data-shelf]');
  if (!holder) return;
  const item = { id: holder.dataset.item, price: holder.dataset.price };
  const origin = { request: shelf?.dataset.request ?? element('sheet').dataset.request, shelf: shelf?.dataset.shelf, of: shelf?.dataset.of };
  switch (button.dataset.act) {
    case 'why':
      return showWhy(item.id, origin.shelf, origin.of);
    case 'open':
      element('sheet').dataset.request = origin.request;
      showItem(item.id);
      return act('click', item, origin, click.timeStamp);
    case 'hide':
      if (element('sheet').open) close();
      return act('hide', item, origin, click.timeStamp);
    default:
      return act(button.dataset.act, item, origin, click.timeStamp);
  }
});

function showPerson() {
  const { id, guest } = current();
  element('who-name').textContent = guest ? 'Guest' : id;
  element('who-id').textContent = id;
  element('kind-badge').textContent = guest ? 'guest' : 'user';
  element('merge-form').hidden = true;
  element('pulse').className = 'pulse hint';
  element('pulse').textContent = hint;
}

function be(id) {
  settle();
  become(id);
  element('who').hidePopover();
  showPerson();
  for (const form of ['be-form', 'merge-form', 'whynot-form']) element(form).reset();
  return refresh();
}

async function signIn(target) {
  settle();
  try {
    const receipt = await json(`v1/users/${encodeURIComponent(target)}/merge`, 'POST', { guestId: current().id });
    toast(`Signed in as ${target}; ${receipt.mergedEvents} events came along`);
    await be(target);
  } catch (problem) {
    complain(problem);
  }
}

async function forget() {
  const { id, guest } = current();
  settle(true);
  try {
    const receipt = await json(`v1/users/${encodeURIComponent(id)}`, 'DELETE');
    fill(showForgotten(receipt));
  } catch (problem) {
    if (problem.status !== 404) return complain(problem);
    toast('Nothing is held about you.');
  }
  await be(guest ? null : id);
}

const trimmed = (form, name) => new FormData(form).get(name).trim();

function onSubmit(id, name, done) {
  element(id).addEventListener('submit', submit => {
    submit.preventDefault();
    const value = trimmed(submit.target, name);
    if (value) done(value);
  });
}

function begin() {
  showPerson();
  onFilter(refresh);
  onSubmit('be-form', 'user', be);
  onSubmit('merge-form', 'user', signIn);
  onSubmit('whynot-form', 'item', item => showWhy(item, 'for-you'));
  element('new-guest').addEventListener('click', () => be(null));
  element('forget').addEventListener('click', forget);
  element('people').addEventListener('click', click => {
    const choice = click.target.closest('[data-be]');
    if (choice) be(choice.dataset.be);
  });
  element('who').addEventListener('beforetoggle', async toggle => {
    if (toggle.newState !== 'open') return;
    try {
      element('people').replaceChildren(await fragment('shop/people'));
    } catch (problem) {
      complain(problem);
    }
  });
  refresh();
  fragment('shop/categories').then(categories, complain);
}

begin();
