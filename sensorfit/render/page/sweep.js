"use strict";
(() => {
  // The data is untrusted text: it reaches the page through textContent and canvas alone, never as markup.
  const sweep = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  const { columns, kinds, rows, front, objectives, budget } = sweep;
  const at = Object.fromEntries(columns.map((name, index) => [name, index]));
  const onFront = new Set(front);
  const SHOWN = 200;
  const make = (tag, text, options = {}) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    for (const [key, value] of Object.entries(options)) node.setAttribute(key, value);
    return node;
  };
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const BYTES = new Set(["weights", "runtime", "total"]);
  const words = (name, value) => {
    if (value === null) return "";
    if (BYTES.has(name)) return (value / 2 ** 20).toFixed(3) + " MiB";
    if (name.startsWith("dsp_ms")) return value.toFixed(2) + " ms";
    return typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 4 }) : String(value);
  };
  const state = { picked: front.length ? front[0] : -1, brushes: new Map(), only: true };
  const views = [];
  const redraw = () => views.forEach((view) => view());

  // An axis has a place in 0..1 for every value: numbers by size, texts in order.
  const axes = new Map();
  function axis(name) {
    if (axes.has(name)) return axes.get(name);
    const values = rows.filter((row) => !state.only || row[at.feasible]).map((row) => row[at[name]]).filter((v) => v !== null);
    let made;
    if (kinds[name] === "number") {
      let low = Infinity, high = -Infinity;
      for (const v of values) { low = Math.min(low, v); high = Math.max(high, v); }
      const span = high - low || 1;
      made = { place: (v) => (v === null ? null : (v - low) / span), ends: [words(name, low), words(name, high)] };
    } else {
      const all = [...new Set(values.map(String))].sort();
      made = { place: (v) => (v === null ? null : all.length > 1 ? all.indexOf(String(v)) / (all.length - 1) : 0.5), ends: [all[0] || "", all[all.length - 1] || ""] };
    }
    axes.set(name, made);
    return made;
  }
  const inside = (row) => {
    for (const [name, [low, high]] of state.brushes) {
      const place = axis(name).place(row[at[name]]);
      if (place === null || place < low || place > high) return false;
    }
    return !state.only || row[at.feasible];
  };
  const brushed = () => { const found = []; rows.forEach((row, index) => { if (inside(row)) found.push(index); }); return found; };
  let chosen = [];
  const again = () => { chosen = brushed(); redraw(); };
  const pick = (index) => { state.picked = index; redraw(); };

  page.append(make("h1", sweep.title), make("p", sweep.about), make("p", sweep.shown, { class: "soft" }));
  const controls = make("p", undefined, { class: "screen" });
  const select = (label, names, value, change) => {
    const box = make("label", label + " "), list = make("select");
    for (const name of names) list.append(make("option", name, { value: name }));
    list.value = value;
    list.addEventListener("change", () => change(list.value));
    box.append(list);
    controls.append(box, document.createTextNode("  "));
  };
  const numbers = columns.filter((name) => kinds[name] === "number" && name !== "candidate");
  const shown = { x: objectives[0], y: objectives[1] || numbers.find((n) => n !== objectives[0]) };
  const axisChanged = (which) => (name) => { state.brushes.delete(shown[which]); shown[which] = name; again(); };
  select("across", numbers, shown.x, axisChanged("x"));
  select("up", numbers, shown.y, axisChanged("y"));
  const only = make("label"), box = make("input", undefined, { type: "checkbox" });
  box.checked = true;
  box.addEventListener("change", () => { state.only = box.checked; axes.clear(); again(); });
  only.append(box, document.createTextNode(" only feasible ones"));
  const clear = make("button", "clear the brushes");
  clear.addEventListener("click", () => { state.brushes.clear(); again(); });
  controls.append(only, document.createTextNode("  "), clear);
  page.append(make("h2", "Candidates"), controls);

  function canvas(label, height) {
    const board = make("canvas", undefined, { tabindex: 0, role: "img", "aria-label": label });
    board.style.height = height + "px";
    const begin = () => {
      const scale = devicePixelRatio || 1, width = board.clientWidth;
      board.width = width * scale;
      board.height = height * scale;
      const pen = board.getContext("2d");
      pen.scale(scale, scale);
      pen.fillStyle = css("--ground");
      pen.fillRect(0, 0, width, height);
      pen.font = "12px system-ui, sans-serif";
      return [pen, width];
    };
    return [board, begin];
  }

  // The scatter: drag for a brush over both axes, click for a candidate, arrows along the front.
  const TALL = 380, LEFT = 14, FOOT = 26;
  const [scatter, beginScatter] = canvas("Scatter of the candidates; drag to select, click to choose, arrow keys go along the front", TALL);
  scatter.style.touchAction = "none";
  page.append(scatter);
  const spot = (row, width) => {
    const x = axis(shown.x).place(row[at[shown.x]]), y = axis(shown.y).place(row[at[shown.y]]);
    return x === null || y === null ? null : [LEFT + x * (width - 2 * LEFT), TALL - FOOT - 8 - y * (TALL - FOOT - 30)];
  };
  let drag = null;
  const here = (event) => { const b = scatter.getBoundingClientRect(); return [event.clientX - b.left, event.clientY - b.top]; };
  scatter.addEventListener("pointerdown", (event) => { drag = [here(event), here(event)]; scatter.setPointerCapture(event.pointerId); });
  scatter.addEventListener("pointermove", (event) => { if (drag) { drag[1] = here(event); redraw(); } });
  scatter.addEventListener("pointerup", () => {
    if (!drag) return;
    const [[x0, y0], [x1, y1]] = drag, width = scatter.clientWidth;
    drag = null;
    if (Math.abs(x1 - x0) + Math.abs(y1 - y0) < 6) {
      let best = -1, nearest = 400;
      for (const index of chosen) {
        const place = spot(rows[index], width);
        const away = place ? (place[0] - x1) ** 2 + (place[1] - y1) ** 2 : Infinity;
        if (away < nearest) { nearest = away; best = index; }
      }
      if (best >= 0) pick(best); else redraw();
      return;
    }
    const across = [x0, x1].map((x) => (x - LEFT) / (width - 2 * LEFT)).sort((a, b) => a - b);
    const up = [y0, y1].map((y) => (TALL - FOOT - 8 - y) / (TALL - FOOT - 30)).sort((a, b) => a - b);
    state.brushes.set(shown.x, across);
    state.brushes.set(shown.y, up);
    again();
  });
  scatter.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!step || !front.length) return;
    event.preventDefault();
    const now = front.indexOf(state.picked);
    pick(front[Math.max(0, Math.min(front.length - 1, now + step))]);
  });
  views.push(() => {
    const [pen, width] = beginScatter();
    const mark = (index, colour, size) => {
      const place = spot(rows[index], width);
      if (!place) return;
      pen.fillStyle = colour;
      pen.fillRect(place[0] - size / 2, place[1] - size / 2, size, size);
    };
    const inBrush = new Set(chosen);
    const plain = css("--base"), strong = css("--pick"), good = css("--good");
    rows.forEach((row, index) => { if (!inBrush.has(index) && (!state.only || row[at.feasible])) mark(index, css("--line"), 3); });
    for (const index of chosen) if (!onFront.has(index)) mark(index, plain, 3);
    for (const index of front) mark(index, inBrush.has(index) ? good : css("--line"), 6);
    if (state.picked >= 0) {
      const place = spot(rows[state.picked], width);
      if (place) { pen.strokeStyle = strong; pen.lineWidth = 2; pen.strokeRect(place[0] - 6, place[1] - 6, 12, 12); }
    }
    pen.fillStyle = css("--soft");
    const [x, y] = [axis(shown.x), axis(shown.y)];
    pen.textAlign = "left"; pen.fillText(`up: ${shown.y}, ${y.ends[0]} to ${y.ends[1]}`, LEFT, 14);
    pen.textAlign = "right"; pen.fillText(`across: ${shown.x}, ${x.ends[0]} to ${x.ends[1]}`, width - LEFT, TALL - 8);
    if (drag) {
      const [[x0, y0], [x1, y1]] = drag;
      pen.strokeStyle = strong;
      pen.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
    }
  });
  const legend = make("p", undefined, { class: "legend" });
  for (const [name, label] of [["--good", "Pareto front"], ["--base", "selected"], ["--line", "outside of the brushes"]]) {
    const one = make("span"), key = make("i");
    key.style.background = `var(${name})`;
    one.append(key, document.createTextNode(label));
    legend.append(one);
  }
  page.append(legend);

  // Parallel coordinates: a line a candidate, drag along an axis for a brush on it.
  const lanes = [...new Set([...sweep.parameters, ...objectives])].filter((n) => n in at);
  if (lanes.length > 1) {
    const HIGH = 280, TOP = 54;
    const [board, begin] = canvas("Parallel coordinates of parameters and objectives; drag along an axis to select", HIGH);
    page.append(make("h2", "Parameters"), board);
    const lane = (index, width) => 40 + (index * (width - 80)) / (lanes.length - 1);
    const level = (place) => HIGH - 22 - place * (HIGH - 22 - TOP);
    let held = null;
    const point = (event) => { const b = board.getBoundingClientRect(); return [event.clientX - b.left, event.clientY - b.top]; };
    board.style.touchAction = "none";
    board.addEventListener("pointerdown", (event) => {
      const [x, y] = point(event);
      const index = lanes.map((_, i) => [Math.abs(lane(i, board.clientWidth) - x), i]).sort((a, b) => a[0] - b[0])[0][1];
      held = [lanes[index], y];
      board.setPointerCapture(event.pointerId);
    });
    board.addEventListener("pointerup", (event) => {
      if (!held) return;
      const [name, from] = held, to = point(event)[1];
      held = null;
      if (Math.abs(from - to) < 6) state.brushes.delete(name);
      else state.brushes.set(name, [from, to].map((y) => (HIGH - 22 - y) / (HIGH - 22 - TOP)).sort((a, b) => a - b));
      again();
    });
    views.push(() => {
      const [pen, width] = begin();
      const line = (row, colour, thick) => {
        pen.strokeStyle = colour; pen.lineWidth = thick; pen.beginPath();
        let open = false;
        lanes.forEach((name, i) => {
          const place = axis(name).place(row[at[name]]);
          if (place === null) { open = false; return; }
          pen[open ? "lineTo" : "moveTo"](lane(i, width), level(place));
          open = true;
        });
        pen.stroke();
      };
      pen.globalAlpha = 0.35;
      for (const index of chosen.slice(0, 1500)) if (!onFront.has(index)) line(rows[index], css("--base"), 1);
      pen.globalAlpha = 1;
      const inBrush = new Set(chosen);
      for (const index of front) if (inBrush.has(index)) line(rows[index], css("--good"), 1.5);
      if (state.picked >= 0) line(rows[state.picked], css("--pick"), 3);
      pen.textAlign = "center";
      lanes.forEach((name, i) => {
        const x = lane(i, width), brush = state.brushes.get(name), ends = axis(name).ends;
        pen.strokeStyle = css("--soft"); pen.lineWidth = 1;
        pen.beginPath(); pen.moveTo(x, level(0)); pen.lineTo(x, level(1)); pen.stroke();
        if (brush) { pen.fillStyle = css("--pick"); pen.fillRect(x - 3, level(brush[1]), 6, level(brush[0]) - level(brush[1])); }
        pen.fillStyle = css("--text"); pen.fillText(name, x, 14 + (i % 2) * 14);
        pen.fillStyle = css("--soft"); pen.fillText(ends[1], x, TOP - 8); pen.fillText(ends[0], x, HIGH - 6);
      });
    });
  }

  // The chosen one.
  page.append(make("h2", "The chosen candidate"));
  const detail = make("div", undefined, { class: "detail", "aria-live": "polite" });
  const [bar, beginBar] = canvas("Memory of the chosen candidate against the budget", 44);
  page.append(detail, bar);
  views.push(() => {
    const [pen, width] = beginBar();
    detail.replaceChildren();
    if (state.picked < 0) { detail.textContent = "Click a candidate."; return; }
    const row = rows[state.picked], value = (name) => row[at[name]];
    detail.append(make("p", `Candidate ${value("candidate")}: ${String(value("verdict")).replaceAll("_", " ")}${value("reason") ? ` (${value("reason")})` : ""}${value("violated") ? `; breaks ${value("violated")}` : ""}`));
    detail.append(make("p", sweep.parameters.filter((n) => value(n) !== null).map((n) => `${n} ${words(n, value(n))}`).join(" · ")));
    if (value("total") === null) return;
    detail.append(make("p", `${words("total", value("total"))} of ${words("total", budget)}: weights ${words("weights", value("weights"))}, runtime ${words("runtime", value("runtime"))}; ` +
      `${words("dsp_ms", value("dsp_ms"))} (${value("dsp_ms_low").toFixed(2)} to ${value("dsp_ms_high").toFixed(2)}), an estimate; ${words("parameters", value("parameters"))} parameters, ${words("macs", value("macs"))} MACs`));
    if ("accuracy" in at) detail.append(make("p", value("accuracy") === null ? "not measured" : `accuracy ${words("accuracy", value("accuracy"))}`));
    const command = make("p");
    command.append(make("code", `sensorfit sweep pick ${sweep.directory} ${value("candidate")} -o model.onnx`));
    detail.append(command);
    const most = Math.max(budget, value("total")) * 1.02, x = (bytes) => (bytes / most) * width;
    const parts = [["weights", value("weights"), "#0072b2"], ["runtime", value("runtime"), "#e69f00"], ["input and reserved", value("total") - value("weights") - value("runtime"), "#009e73"]];
    let from = 0;
    for (const [name, bytes, colour] of parts) {
      pen.fillStyle = colour; pen.fillRect(x(from), 16, x(bytes), 22);
      pen.fillStyle = css("--soft"); pen.textAlign = "left"; if (x(bytes) > 60) pen.fillText(name, x(from) + 2, 12);
      from += bytes;
    }
    pen.strokeStyle = css("--bad"); pen.setLineDash([6, 4]); pen.beginPath(); pen.moveTo(x(budget), 14); pen.lineTo(x(budget), 44); pen.stroke(); pen.setLineDash([]);
  });

  // The table of what is selected.
  const heading = make("h2", "");
  const scroll = make("div", undefined, { class: "scroll", tabindex: 0, role: "region", "aria-label": "Selected candidates" });
  const grid = make("table"), head = make("tr"), body = make("tbody"), top = make("thead");
  let key = objectives[0], upward = true;
  const listed = ["candidate", ...new Set([...objectives, "dsp_ms", "total", "parameters", ...sweep.parameters, "verdict"])];
  for (const name of listed) {
    const cell = make("th", undefined, { scope: "col" }), button = make("button", name);
    button.addEventListener("click", () => { upward = key === name ? !upward : true; key = name; redraw(); });
    cell.append(button);
    cell.dataset.of = name;
    head.append(cell);
  }
  top.append(head);
  grid.append(top, body);
  scroll.append(grid);
  page.append(heading, scroll);
  views.push(() => {
    if (drag) return;
    heading.textContent = `${chosen.length.toLocaleString("en")} selected` + (chosen.length > SHOWN ? `, the first ${SHOWN}` : "");
    for (const cell of head.children) cell.setAttribute("aria-sort", cell.dataset.of === key ? (upward ? "ascending" : "descending") : "none");
    const order = [...chosen].sort((a, b) => {
      const [one, two] = [rows[a][at[key]], rows[b][at[key]]];
      return (one === null ? 1 : two === null ? -1 : one < two ? -1 : one > two ? 1 : 0) * (upward ? 1 : -1);
    });
    body.replaceChildren(...order.slice(0, SHOWN).map((index) => {
      const line = make("tr", undefined, { class: index === state.picked ? "picked" : "" });
      for (const name of listed) {
        const cell = make("td", undefined, { class: kinds[name] === "number" ? "number" : "" });
        if (name === "candidate") {
          const button = make("button", String(rows[index][at.candidate]) + (onFront.has(index) ? " *" : ""));
          button.addEventListener("click", () => pick(index));
          cell.append(button);
        } else cell.textContent = words(name, rows[index][at[name]]);
        line.append(cell);
      }
      return line;
    }));
  });
  if (sweep.notes.length) {
    page.append(make("h2", "To bear in mind"));
    const list = make("ul");
    for (const note of sweep.notes) list.append(make("li", note));
    page.append(list);
  }

  again();
  new ResizeObserver(redraw).observe(page);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("beforeprint", () => { document.documentElement.dataset.print = ""; redraw(); });
  addEventListener("afterprint", () => { delete document.documentElement.dataset.print; redraw(); });
})();
