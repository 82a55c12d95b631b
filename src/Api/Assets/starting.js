// Shows what a starting server is doing, and turns into the page when it is ready.

import { json } from './net.js';

const Every = 700;

export function waitUntilReady() {
  const text = document.getElementById('starting-text');
  const bar = document.getElementById('starting-bar');
  const look = async () => {
    try {
      const { ready, text, percent } = await json('shop/startup');
      if (ready) return location.reload();
      show(text, percent);
    } catch (problem) {
      show(problem.message);
    }
    setTimeout(look, Every);
  };
  const show = (words, percent) => {
    text.textContent = words.charAt(0).toUpperCase() + words.slice(1);
    const share = words.match(/(\d+(?:\.\d+)?)\s*%/);
    if (percent ?? share) bar.value = percent ?? Number(share[1]);
    else bar.removeAttribute('value');
  };
  look();
}
