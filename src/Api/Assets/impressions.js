// Reports what was really shown: a card counts once per page when half of it was in sight.

import { events } from './net.js';
import { current } from './person.js';

const Pause = 800, Most = 100;
const waiting = new Map();
const sent = new Set();
let timer = 0;

const observer = new IntersectionObserver(entries => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    const requestId = target.closest('[data-request]')?.dataset.request;
    const key = `${requestId} ${target.dataset.item}`;
    if (!requestId || !target.dataset.item || sent.has(key)) continue;
    // A page left open for days: forgetting the oldest costs at most a second report.
    if (sent.size > 5000) sent.clear();
    sent.add(key);
    const userId = current().id;
    waiting.set(key, { userId, itemId: target.dataset.item, type: 'impression', requestId, eventId: `i ${key}`.slice(0, 128) });
  }
  if (waiting.size && !timer) timer = setTimeout(flush, Pause);
}, { threshold: 0.5 });

function flush() {
  clearTimeout(timer);
  timer = 0;
  const batch = [...waiting.values()].slice(0, Most);
  waiting.clear();
  if (!batch.length) return;
  // An impression lost is no reason to disturb anybody; the next page reports its own.
  events(batch, { keepalive: true }).catch(() => {});
}

export function watch(root) {
  for (const card of root.querySelectorAll('.card[data-item]')) observer.observe(card);
}

// What a person saw is sent under that person's name, or, once forgotten, not at all.
export function settle(forget = false) {
  if (forget) waiting.clear();
  flush();
}

document.addEventListener('visibilitychange', () => { if (document.hidden) flush(); });
