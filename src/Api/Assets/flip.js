// Moves, enters and leaves cards in front of the reader: first, last, invert, play.

const still = matchMedia('(prefers-reduced-motion: reduce)');
const Move = { duration: 380, easing: 'cubic-bezier(0.2, 0.75, 0.2, 1)' };

// Replaces the shelf in the slot by another; cards with the same item keep their identity.
// Returns how many entered, left and moved. Everything is in the document when it returns; animations follow.
export function swap(slot, fresh) {
  const before = cardsOf(slot);
  const places = new Map([...before].map(([id, card]) => [id, card.getBoundingClientRect()]));
  const order = [...before.keys()];
  const focused = document.activeElement?.closest?.('[data-item]')?.dataset.item;
  const action = document.activeElement?.dataset?.act;

  const after = cardsOf(fresh);
  const first = order.length === 0;
  const entered = [...after.keys()].filter(id => !before.has(id));
  const left = order.filter(id => !after.has(id));
  const moved = [...after.keys()].filter((id, place) => before.has(id) && order.indexOf(id) !== place);
  const ghosts = still.matches || first ? [] : left.map(id => [before.get(id), places.get(id)]);

  if (!first) for (const id of entered) after.get(id).classList.add('entered');
  slot.replaceChildren(fresh);
  if (focused && slot.querySelector('.cards')) refocus(slot, focused, action, order.indexOf(focused));
  if (!still.matches && !first) play(slot, after, places, entered, ghosts);
  return { entered: entered.length, left: left.length, moved: moved.length };
}

const cardsOf = root => new Map([...root.querySelectorAll('.card[data-item]')].map(card => [card.dataset.item, card]));

// A keyboard user whose card left goes on with the one that took its place.
function refocus(slot, id, action, place) {
  if (place < 0) return;
  const cards = [...slot.querySelectorAll('.card[data-item]')];
  const card = cards.find(c => c.dataset.item === id) ?? cards[Math.min(place, cards.length - 1)];
  card?.querySelector(`[data-act="${action ?? 'open'}"]`)?.focus({ preventScroll: true });
}

function play(slot, after, places, entered, ghosts) {
  for (const [id, card] of after) {
    const was = places.get(id);
    if (!was) continue;
    const is = card.getBoundingClientRect();
    const dx = was.left - is.left, dy = was.top - is.top;
    if (dx || dy) card.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: 'none' }], Move);
  }
  entered.forEach((id, n) => after.get(id).animate(
    [{ opacity: 0, transform: 'scale(0.86)' }, { opacity: 1, transform: 'none' }], { ...Move, delay: 60 + n * 30, fill: 'backwards' }));

  const list = slot.querySelector('.cards');
  if (!list || getComputedStyle(list).overflowX === 'auto') return;
  list.style.position = 'relative';
  const box = list.getBoundingClientRect();
  for (const [card, was] of ghosts) {
    card.removeAttribute('data-item');
    card.setAttribute('aria-hidden', 'true');
    card.inert = true;
    card.classList.add('leaving');
    Object.assign(card.style, {
      position: 'absolute', left: `${was.left - box.left}px`, top: `${was.top - box.top}px`,
      width: `${was.width}px`, height: `${was.height}px`, margin: 0,
    });
    list.append(card);
    card.animate([{ opacity: 1, transform: 'none' }, { opacity: 0, transform: 'scale(0.8)' }],
      { duration: 260, easing: 'ease-in', fill: 'forwards' }).finished.then(() => card.remove(), () => card.remove());
  }
}
