// The operator page: polls the figures once a second, keeps five minutes of them, pauses while nobody looks.

import { fragment, json } from './net.js';
import { Chart } from './chart.js';
import { bytes, count, joined, ms, rate, share, span } from './format.js';

const Every = 1000, Keep = 300, ModelsEvery = 10;

const Figures = {
  pagesPerSecond: s => rate(s.pagesPerSecond),
  eventsPerSecond: s => rate(s.eventsPerSecond),
  pageP50: s => s.stages.page && ms(s.stages.page.p50Ms),
  pageP90: s => s.stages.page && ms(s.stages.page.p90Ms),
  pageP99: s => s.stages.page && ms(s.stages.page.p99Ms),
  clickThroughRate: s => s.clickThroughRate !== null && share(s.clickThroughRate),
  degradedShare: s => share(s.degradedShare),
  modelFreshnessSeconds: s => s.modelFreshnessSeconds !== null && span(s.modelFreshnessSeconds),
  catalogItems: s => count(s.catalogItems),
  users: s => count(s.users),
  workingSetBytes: s => bytes(s.workingSetBytes),
  dataFolderBytes: s => bytes(s.dataFolderBytes),
};

const Hints = {
  catalogItems: s => `${count(s.availableItems)[0]} available · version ${s.catalogVersion}`,
  users: s => `${count(s.activeSessions)[0]} in memory`,
  eventsPerSecond: s => `per second · ${count(s.totalEvents)[0]} in all`,
  workingSetBytes: s => `${joined(bytes(s.managedMemoryBytes))} managed`,
  dataFolderBytes: s => `${joined(bytes(s.eventLogBytes))} event log`,
  pagesPerSecond: s => `per second · up ${joined(span((Date.now() - Date.parse(s.startedAt)) / 1000))}`,
};

const StageOrder = ['page', 'session', 'retrieve', 'merge', 'rank', 'policy', 'observe'];
const PageStages = ['retrieve', 'rank', 'policy', 'merge', 'session'];

const figure = name => document.querySelector(`[data-chart="${name}"]`);
const twoDigits = n => n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);

const charts = {
  rates: [new Chart(figure('rates'), ['pages', 'events'], n => twoDigits(n)), s => [s.pagesPerSecond, s.eventsPerSecond]],
  latency: [new Chart(figure('latency'), ['p50', 'p90', 'p99'], n => twoDigits(n)),
    s => ['p50Ms', 'p90Ms', 'p99Ms'].map(p => s.stages.page?.[p] ?? null)],
  stages: [new Chart(figure('stages'), PageStages, n => twoDigits(n)), s => PageStages.map(name => s.stages[name]?.p50Ms ?? null)],
  memory: [new Chart(figure('memory'), ['working set', 'managed'], n => joined(bytes(n)), { base: 1024 }),
    s => [s.workingSetBytes, s.managedMemoryBytes]],
};

const history = [];
const live = document.getElementById('live');
const liveText = document.getElementById('live-text');
const note = document.getElementById('op-note');

function say(state, text) {
  if (liveText.textContent !== text) liveText.textContent = text;
  live.className = `live ${state}`;
}

function showFigures(status) {
  for (const [name, read] of Object.entries(Figures)) {
    const [number, unit] = read(status) || ['–', ''];
    const node = document.querySelector(`[data-fig="${name}"]`);
    const small = document.createElement('small');
    small.textContent = unit === '/s' ? '' : unit;
    node.replaceChildren(number, small);
  }
  for (const [name, read] of Object.entries(Hints)) document.querySelector(`[data-hint="${name}"]`).textContent = read(status);
  document.querySelector('[data-fig="modelVersion"]').textContent = status.modelVersion ?? 'none yet';
}

function rank(name) {
  const place = StageOrder.indexOf(name);
  return place < 0 ? StageOrder.length : place;
}

function cell(tag, text, className) {
  const node = document.createElement(tag);
  node.textContent = text;
  if (className) node.className = className;
  return node;
}

function bar(stage, largest) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'stage-bar');
  svg.setAttribute('aria-hidden', 'true');
  for (const [value, name] of [[stage.p99Ms, 'b99'], [stage.p90Ms, 'b90'], [stage.p50Ms, 'b50']]) {
    const rect = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    for (const [key, to] of Object.entries({ class: name, height: 12, rx: 3, width: `${Math.max(0.5, value / largest * 100)}%` }))
      rect.setAttribute(key, to);
    svg.append(rect);
  }
  return svg;
}

function showStages(stages) {
  const names = Object.keys(stages).sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  if (!names.length) return;
  const largest = Math.max(...names.map(name => stages[name].p99Ms), 0.001);
  document.querySelector('#stages tbody').replaceChildren(...names.map(name => {
    const row = document.createElement('tr');
    const stage = stages[name];
    const head = cell('th', name.startsWith('source:') ? `source · ${name.slice(7)}` : name);
    head.scope = 'row';
    const last = cell('td', '', 'wide-only');
    if (stage.count) last.append(bar(stage, largest));
    row.append(head, cell('td', joined(count(stage.count)), 'num'),
      ...[stage.p50Ms, stage.p90Ms, stage.p99Ms].map(v => cell('td', stage.count ? joined(ms(v)) : '–', 'num')), last);
    return row;
  }));
}

function showCharts() {
  for (const [chart, read] of Object.values(charts))
    chart.show(history.map(({ at, status }) => ({ at, values: read(status) })));
}

async function showModels() {
  try {
    document.getElementById('models').replaceChildren(await fragment('operator/models'));
  } catch (problem) {
    document.getElementById('models').textContent = problem.message;
  }
}

let ticks = 0;
let timer = 0;
let polling = false;

async function tick() {
  if (document.hidden) return say('', 'paused');
  if (polling) return;
  polling = true;
  clearTimeout(timer);
  try {
    const status = await json('v1/status');
    history.push({ at: Date.now(), status });
    while (history.length > Keep) history.shift();
    showFigures(status);
    showStages(status.stages);
    showCharts();
    if (ticks++ % ModelsEvery === 0) showModels();
    note.hidden = status.ready;
    if (!status.ready) note.textContent = `Starting: ${status.starting ?? 'opening the data folder'}`;
    say('on', status.ready ? 'live' : 'starting');
  } catch (problem) {
    say('off', problem.kind === 'unreachable' ? 'unreachable' : 'refused');
    note.textContent = problem.message;
    note.hidden = false;
    // polling stays set: without a key there is nothing to come back for before the reload.
    if (problem.status === 401 || problem.status === 403) return;
  }
  polling = false;
  timer = setTimeout(tick, Every);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) tick(); });
tick();
