// Figures as an operator reads them: [number, unit].

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const count = n => [whole.format(n), ''];

export const rate = n => [n >= 100 ? whole.format(n) : n.toFixed(n >= 10 ? 1 : 2), '/s'];

export const ms = n => [n >= 100 ? whole.format(n) : n.toFixed(n >= 10 ? 1 : 2), 'ms'];

export const share = n => [(n * 100).toFixed(n > 0 && n < 0.1 ? 2 : 1), '%'];

export function bytes(n) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit++; }
  return [unit === 0 || n >= 100 ? whole.format(n) : n.toFixed(1), units[unit]];
}

export function span(seconds) {
  if (seconds < 90) return [whole.format(seconds), 's'];
  if (seconds < 5400) return [whole.format(seconds / 60), 'min'];
  if (seconds < 172800) return [(seconds / 3600).toFixed(1), 'h'];
  return [(seconds / 86400).toFixed(1), 'days'];
}

export const joined = ([figure, unit]) => unit ? `${figure} ${unit}` : figure;
