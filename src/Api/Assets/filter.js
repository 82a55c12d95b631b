// The filter box: two pickers that write the grammar, and the grammar itself for everything else.

const form = document.getElementById('filter-form');
const text = document.getElementById('filter-text');
const category = document.getElementById('filter-category');
const price = document.getElementById('filter-price');
const clear = document.getElementById('filter-clear');
const error = document.getElementById('filter-error');

let applied = '';

export const expression = () => applied;

export function categories(options) {
  const kept = category.value;
  category.append(options);
  category.value = kept;
}

// A refused filter is shown where it was typed, and the lists stay as they are.
export function refused(detail) {
  error.textContent = detail;
  error.hidden = false;
  text.setAttribute('aria-invalid', 'true');
}

export function accepted() {
  error.hidden = true;
  text.removeAttribute('aria-invalid');
}

const quote = value => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const written = () => [
  category.value && `category = ${quote(category.value)}`,
  price.value && `price < ${price.value}`,
].filter(Boolean).join(' and ');

export function onFilter(apply) {
  const go = () => {
    applied = text.value.trim();
    clear.hidden = !applied;
    accepted();
    apply();
  };
  for (const picker of [category, price])
    picker.addEventListener('change', () => { text.value = written(); go(); });
  text.addEventListener('input', () => {
    if (text.value !== written()) { category.value = ''; price.value = ''; }
  });
  form.addEventListener('submit', submit => { submit.preventDefault(); go(); });
  form.addEventListener('reset', () => setTimeout(go));
}
