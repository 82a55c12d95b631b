// Shows what a starting server is doing, and turns into the shop when it is ready.

import { json } from './net.js';

const Every = 700;

const text = document.getElementById('starting-text');
const bar = document.getElementById('starting-bar');

function show(words, percent) {
  text.textContent = words.charAt(0).toUpperCase() + words.slice(1);
  const known = percent ?? words.match(/(\d+(?:\.\d+)?)\s*%/)?.[1];
  if (known !== undefined) bar.value = Number(known);
  else bar.removeAttribute('value');
}

async function look() {
  try {
    const { ready, text: doing, percent } = await json('shop/startup');
    if (ready) return location.reload();
    show(doing, percent);
  } catch (problem) {
    show(problem.message);
  }
  setTimeout(look, Every);
}

look();
