// Points, bars and pictures among the sections: SVG made element by element, labels as text.
const drawings = [];
const svg = (tag, options = {}, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(options)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
function drawn(height, words, draw) { // a drawing is made anew at each width, so that its letters keep their size
  const box = make("div", undefined, { class: "plot" });
  drawings.push(() => {
    const width = Math.max(280, box.clientWidth || 760), tall = height(width);
    const root = svg("svg", { width, height: tall, viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": words });
    draw(root, width, tall);
    box.replaceChildren(root);
  });
  return box;
}
const ticks = (low, high, log) => {
  if (log) return [0.01, 0.1, 1, 10, 100, 1000, 10000].flatMap((d) => [d, 2 * d, 5 * d]).filter((v) => v >= low && v <= high);
  const rough = (high - low) / 5 || 1, ten = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map((f) => f * ten).find((s) => s >= rough);
  return Array.from({ length: 12 }, (_, i) => Math.ceil(low / step) * step + i * step).filter((v) => v <= high + 1e-9);
};
const short = (value) => Number(value.toPrecision(3)).toLocaleString("en");

function scatter(section) {
  const { points, line } = section, left = 48, right = 12, top = 12, bottom = 44;
  const box = drawn((width) => Math.min(440, Math.max(300, width * 0.55)), `${section.title}: ${points.map((p) => `${p.label} ${short(p.x)}, ${short(p.y)}`).join("; ")}`, (root, width, height) => {
    const xs = points.map((p) => p.x).concat(line ? [line.at] : []), ys = points.map((p) => p.y);
    const across = section.log ? Math.log10 : (v) => v;
    const [x0, x1] = section.log ? [Math.min(...xs) / 1.6, Math.max(...xs) * 1.6] : [Math.min(...xs), Math.max(...xs)];
    const room = (Math.max(...ys) - Math.min(...ys) || 1) * 0.15, y0 = Math.min(...ys) - room, y1 = Math.max(...ys) + room;
    const px = (v) => left + ((across(v) - across(x0)) / (across(x1) - across(x0))) * (width - left - right);
    const py = (v) => height - bottom - ((v - y0) / (y1 - y0)) * (height - top - bottom);
    let last = -Infinity;
    for (const v of ticks(x0, x1, section.log)) {
      root.append(svg("line", { x1: px(v), x2: px(v), y1: top, y2: height - bottom, class: "grid" }));
      if (px(v) - last < 34) continue;
      root.append(svg("text", { x: px(v), y: height - bottom + 16, "text-anchor": "middle" }, short(v)));
      last = px(v);
    }
    for (const v of ticks(y0, y1)) {
      root.append(svg("line", { x1: left, x2: width - right, y1: py(v), y2: py(v), class: "grid" }), svg("text", { x: left - 6, y: py(v) + 4, "text-anchor": "end" }, short(v)));
    }
    root.append(svg("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, section.x));
    root.append(svg("text", { x: 12, y: (top + height - bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${(top + height - bottom) / 2})` }, section.y));
    const taken = [];
    if (line) {
      root.append(svg("line", { x1: px(line.at), x2: px(line.at), y1: top, y2: height - bottom, class: "budget" }));
      place(root, taken, px(line.at), height - bottom - 8, line.text, width, true);
    }
    for (const p of points) taken.push([px(p.x) - 6, py(p.y) - 6, px(p.x) + 6, py(p.y) + 6]);
    for (const p of points) {
      const mark = p.kind ? svg("rect", { x: px(p.x) - 5, y: py(p.y) - 5, width: 10, height: 10 }) : svg("circle", { cx: px(p.x), cy: py(p.y), r: 5.5 });
      mark.setAttribute("class", p.group);
      mark.append(svg("title", {}, `${p.label}: ${short(p.x)}, ${short(p.y)}`));
      root.append(mark);
    }
    const named = new Set(); // a model's higher point carries its name
    for (const p of [...points].sort((a, b) => b.y - a.y)) if (!named.has(p.label)) { named.add(p.label); place(root, taken, px(p.x), py(p.y), p.label, width, false); }
  });
  return box;
}

function place(root, taken, x, y, text, width, beside) { // above, below or beside its point, where nothing stands yet
  const wide = text.length * 6.6, tries = beside ? [[8, 4, "start"], [-8, 4, "end"]] : [[0, -10, "middle"], [0, 20, "middle"], [10, 4, "start"], [-10, 4, "end"], [0, -24, "middle"], [0, 34, "middle"]];
  for (const [dx, dy, anchor] of tries) {
    const from = x + dx - (anchor === "middle" ? wide / 2 : anchor === "end" ? wide : 0), area = [from, y + dy - 11, from + wide, y + dy + 3];
    if (area[0] < 44 || area[2] > width || taken.some((t) => t[0] < area[2] && t[2] > area[0] && t[1] < area[3] && t[3] > area[1])) continue;
    taken.push(area);
    root.append(svg("text", { x: x + dx, y: y + dy, "text-anchor": anchor }, text));
    return;
  }
}

function bars(section) {
  const groups = [...new Set(section.bars.map((b) => b.group))];
  const names = [...new Set(section.bars.map((b) => b.label))];
  const box = drawn(() => section.bars.length * 20 + names.length * 10 + 36, `${section.title}: ${section.bars.map((b) => `${b.label} ${b.group} ${short(b.value)}`).join("; ")}`, (root, width, height) => {
    const left = Math.min(width * 0.45, 16 + 7.4 * Math.max(...section.bars.map((b) => b.label.length))), room = width - left - 56;
    const most = Math.max(...section.bars.map((b) => Math.max(b.value, b.high ?? 0)), 1e-9);
    section.bars.forEach((bar, at) => {
      const y = at * 20 + names.indexOf(bar.label) * 10, long = Math.max(0, (bar.value / most) * room);
      const name = svg("text", { x: left - 8, y: y + 13, "text-anchor": "end" }, cut(bar.label, (left - 12) / 7.4));
      name.append(svg("title", {}, bar.label));
      if (at === 0 || section.bars[at - 1].label !== bar.label) root.append(name);
      root.append(svg("rect", { x: left, y, width: long, height: 16, fill: COLOURS[groups.indexOf(bar.group) % COLOURS.length] }));
      root.append(svg("text", { x: left + long + 6, y: y + 13 }, short(bar.value)));
    });
    root.append(svg("text", { x: left + room / 2, y: height - 8, "text-anchor": "middle" }, section.unit));
  });
  const all = make("div");
  if (groups.length > 1) {
    const legend = make("p", undefined, { class: "legend" });
    groups.forEach((group, at) => {
      const item = make("span"), swatch = make("i");
      swatch.style.background = COLOURS[at % COLOURS.length];
      item.append(swatch, group);
      legend.append(item);
    });
    all.append(legend);
  }
  all.append(box);
  return all;
}
const cut = (text, most) => (text.length <= most ? text : "…" + text.slice(text.length - Math.floor(most) + 1));

function pictures(section) {
  const all = make("div", undefined, { class: "pictures" });
  const image = (source, words) => make("img", undefined, { src: /^data:image\/png;base64,[A-Za-z0-9+/=]*$/.test(source) ? source : "", alt: words });
  for (const [title, base, row] of section.pictures) {
    const group = make("div", undefined, { class: "pair", role: "group", "aria-label": title });
    for (const [words, over] of row) {
      const figure = make("figure"), stack = make("div", undefined, { class: "stack" });
      stack.append(image(base, `${words}, ${title}`));
      if (over) stack.append(image(over, ""));
      figure.append(stack, make("figcaption", words));
      group.append(figure);
    }
    all.append(make("p", title, { class: "soft" }), group);
  }
  return all;
}
