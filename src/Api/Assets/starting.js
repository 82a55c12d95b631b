// Shows what a starting server is doing, and turns into the page when it is ready.

import { json } from './net.js';

const Every = 700;

export function waitUntilReady() {
  const text = document.getElementById('starting-text');
  const bar = document.getElementById('starting-bar');
  const look = async () => {
    try {
      const status = await json('v1/status');
      if (status.ready) return location.reload();
      show(status.starting ?? 'Opening the data folder');
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) return;
      show(problem.message);
    }
    setTimeout(look, Every);
  };
  const show = words => {
    text.textContent = words.charAt(0).toUpperCase() + words.slice(1);
    const share = words.match(/(\d+(?:\.\d+)?)\s*%/);
    if (share) bar.value = Number(share[1]);
    else bar.removeAttribute('value');
  };
  look();
}
