// Who the visitor is: a guest whose id is made up here, or a user whose id was chosen. Kept in this browser alone.

import { randomId } from './net.js';

const Store = 'recs.person';

const newGuest = () => ({ id: `guest-${randomId(6)}`, guest: true });

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(Store));
    if (typeof kept?.id === 'string' && kept.id) return kept;
  } catch {
    // Something else wrote there, or the browser keeps nothing: begin anew.
  }
  return newGuest();
}

let person = read();
keep();

function keep() {
  try {
    localStorage.setItem(Store, JSON.stringify(person));
  } catch {
    // Private windows may refuse; the visit then lasts as long as the page.
  }
}

export const current = () => person;

export function become(id) {
  person = id === null ? newGuest() : { id, guest: false };
  keep();
}
