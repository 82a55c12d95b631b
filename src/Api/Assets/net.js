// Calls to this host. Failures carry the detail of the problem that the server described.

export class Problem extends Error {
  constructor(status, kind, detail) {
    super(detail);
    this.status = status;
    this.kind = kind;
  }

  get starting() { return this.status === 503 && this.kind === 'not-ready'; }
}

const keyDialog = document.getElementById('key-dialog');

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: 'same-origin', ...options });
  } catch (cause) {
    if (cause.name === 'AbortError') throw cause;
    throw new Problem(0, 'unreachable', 'The server cannot be reached. It may be restarting.');
  }
  if (response.ok) return response;
  let body = {};
  if ((response.headers.get('content-type') ?? '').includes('json')) body = await response.json();
  const problem = new Problem(
    response.status, (body.type ?? '').split(':').pop(), body.detail ?? body.title ?? `The server answered ${response.status}.`);
  if (response.status === 401 || response.status === 403) askForKey(problem);
  throw problem;
}

function askForKey(problem) {
  if (keyDialog.open) return;
  document.getElementById('key-detail').textContent = problem.message;
  keyDialog.showModal();
}

document.getElementById('key-form').addEventListener('submit', async submit => {
  submit.preventDefault();
  const key = new FormData(submit.target).get('key').trim();
  // The gate answers with a cookie that no script can read, and the page reads itself anew with it.
  const response = await fetch(`${location.pathname}?${new URLSearchParams({ key })}`);
  if (response.ok) location.reload();
  else document.getElementById('key-detail').textContent = (await response.json()).detail;
});

const query = parameters => new URLSearchParams(
  Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== '')).toString();

// A fragment of HTML from our own server as a detached element, or null when there is nothing to show.
export async function fragment(path, parameters = {}, signal) {
  const response = await send(`${path}?${query(parameters)}`, { signal });
  if (response.status === 204) return null;
  const template = document.createElement('template');
  template.innerHTML = await response.text();
  return template.content;
}

export async function json(path, method = 'GET', body, options = {}) {
  const response = await send(path, {
    method, ...options,
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return response.json();
}

export const events = (batch, options) => json('v1/events', 'POST', batch, options);

// crypto.randomUUID is there in secure contexts only, which plain HTTP in a local network is not.
export function randomId(bytes = 8) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), b => b.toString(16).padStart(2, '0')).join('');
}

export function toast(text, bad = false) {
  const host = document.getElementById('toasts');
  const line = document.createElement('p');
  line.className = bad ? 'toast bad' : 'toast';
  line.textContent = text;
  host.append(line);
  while (host.children.length > 3) host.firstChild.remove();
  setTimeout(() => line.remove(), bad ? 7000 : 3200);
}
