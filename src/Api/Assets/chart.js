// A line chart over time, drawn as SVG. Points are {at, values: [number | null per series]}.

const Namespace = 'http://www.w3.org/2000/svg';
const Left = 52, Right = 8, Top = 10, Bottom = 22;

function draw(tag, attributes, text) {
  const node = document.createElementNS(Namespace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// The least of 1, 2, 2.5, 5 times a power of ten (or of 1024) that is not below the value.
export function ceiling(value, base = 10) {
  if (!(value > 0)) return 1;
  const power = base ** Math.floor(Math.log(value) / Math.log(base));
  const steps = base === 10 ? [1, 2, 2.5, 5, 10] : [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
  return steps.find(step => step * power >= value * 0.999) * power;
}

export class Chart {
  constructor(figure, names, format, { seconds = 300, base = 10 } = {}) {
    this.plot = figure.querySelector('.plot');
    this.svg = this.plot.querySelector('svg');
    this.tip = this.plot.querySelector('.tip');
    this.legend = figure.querySelector('[data-legend]');
    this.format = format;
    this.seconds = seconds;
    this.base = base;
    this.points = [];
    this.name(names);
    this.plot.addEventListener('pointermove', move => this.point(move));
    this.plot.addEventListener('pointerleave', () => this.unpoint());
    new ResizeObserver(() => this.render()).observe(this.plot);
  }

  name(names) {
    this.names = names;
    this.legend.replaceChildren(...names.map((name, n) => {
      const line = document.createElement('li');
      const swatch = document.createElement('i');
      swatch.className = `k${n + 1}`;
      line.append(swatch, name);
      return line;
    }));
  }

  show(points) {
    this.points = points;
    this.render();
  }

  render() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (!width) return;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const now = this.points.at(-1)?.at ?? 0;
    // A page just opened fills the whole width instead of a corner of it.
    const seconds = Math.min(this.seconds, Math.max(60, Math.ceil((now - (this.points[0]?.at ?? now)) / 60000) * 60));
    const largest = Math.max(0, ...this.points.flatMap(p => p.values.map(v => v ?? 0)));
    this.top = ceiling(largest, this.base);
    this.x = at => Left + (1 - (now - at) / (seconds * 1000)) * (width - Left - Right);
    this.y = value => Top + (1 - value / this.top) * (height - Top - Bottom);

    const parts = [];
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(this.y(this.top * part)) + 0.5;
      parts.push(draw('line', { class: 'gridline', x1: Left, x2: width - Right, y1: y, y2: y }));
      parts.push(draw('text', { x: Left - 8, y: y + 4, 'text-anchor': 'end' }, this.format(this.top * part)));
    }
    for (let minute = 0; minute * 60 <= seconds; minute++) {
      const x = this.x(now - minute * 60000);
      parts.push(draw('text', { x, y: height - 4, 'text-anchor': minute === 0 ? 'end' : minute * 60 === seconds ? 'start' : 'middle' }, minute === 0 ? 'now' : `−${minute} min`));
    }
    for (let series = this.names.length - 1; series >= 0; series--) {
      const line = this.points.filter(p => p.values[series] !== null && p.values[series] !== undefined)
        .map(p => `${this.x(p.at).toFixed(1)} ${this.y(p.values[series]).toFixed(1)}`);
      if (!line.length) continue;
      if (series === 0) {
        const [from] = line[0].split(' '), [to] = line.at(-1).split(' ');
        parts.push(draw('path', { class: 'area k1', d: `M${from} ${this.y(0)}L${line.join('L')}L${to} ${this.y(0)}z` }));
      }
      parts.push(draw('path', { class: `series k${series + 1}`, d: line.length > 1 ? `M${line.join('L')}` : `M${line[0]}h0.1` }));
    }
    this.cross = draw('line', { class: 'cross', y1: Top, y2: height - Bottom, visibility: 'hidden' });
    this.svg.replaceChildren(...parts, this.cross);
  }

  point(move) {
    if (!this.points.length) return;
    const box = this.plot.getBoundingClientRect();
    const at = move.clientX - box.left;
    const near = this.points.reduce((best, p) => Math.abs(this.x(p.at) - at) < Math.abs(this.x(best.at) - at) ? p : best);
    const x = this.x(near.at);
    this.cross.setAttribute('x1', x);
    this.cross.setAttribute('x2', x);
    this.cross.setAttribute('visibility', 'visible');
    this.tip.textContent = [new Date(near.at).toLocaleTimeString(),
      ...this.names.map((name, n) => `${name}  ${near.values[n] === null ? '–' : this.format(near.values[n])}`)].join('\n');
    this.tip.hidden = false;
    const left = x > box.width / 2 ? x - this.tip.offsetWidth - 12 : x + 12;
    this.tip.style.left = `${Math.max(0, left)}px`;
  }

  unpoint() {
    this.tip.hidden = true;
    this.cross?.setAttribute('visibility', 'hidden');
  }
}
