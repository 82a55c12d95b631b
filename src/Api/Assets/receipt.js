// What forgetting removed, and the proof that nothing is left.

const number = new Intl.NumberFormat('en');

const bytes = n => n >= 1 << 20 ? `${(n / (1 << 20)).toFixed(1)} MiB` : `${(n / 1024).toFixed(1)} KiB`;

function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (className) node.className = className;
  return node;
}

export function showForgotten(receipt) {
  const root = make('div', '', 'receipt');
  const title = make('h2', 'Forgotten');
  title.id = 'sheet-title';
  const facts = make('dl');
  const rows = [
    ['Ids removed', receipt.ids.join(', ')],
    ['Events taken out', number.format(receipt.eventsRemoved)],
    ['Impressions taken out', number.format(receipt.impressionsRemoved)],
    ['Files rewritten', number.format(receipt.filesRewritten)],
    ['Searched afterwards', bytes(receipt.bytesSearched)],
    ['Records left', number.format(receipt.remaining)],
  ];
  for (const [label, value] of rows) {
    const row = make('div');
    row.append(make('dt', label, 'muted'), make('dd', value));
    facts.append(row);
  }
  root.append(title, make('p', 'Everything held about you is gone from memory, disk, logs and the next training set.', 'muted'), facts,
    make('p', receipt.remaining === 0 ? 'Nothing is left.' : 'Something is left; see the server\'s log.', receipt.remaining === 0 ? 'badge good' : 'badge bad'));
  return root;
}
