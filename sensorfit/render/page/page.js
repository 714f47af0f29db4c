"use strict";
(() => {
  // The data is untrusted text: it reaches the page through textContent and canvas alone, never as markup.
  const models = JSON.parse(document.getElementById("data").textContent);
  const page = document.getElementById("page");
  const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"]; // Okabe and Ito
  const SHOWN = 300;
  const make = (tag, text, options = {}) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    for (const [key, value] of Object.entries(options)) node.setAttribute(key, value);
    return node;
  };
  const mebi = (bytes) => (bytes / 2 ** 20).toFixed(2) + " MiB";
  const count = (value) => value.toLocaleString("en");
  const ms = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3)) + " ms";
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function show(model) {
    page.replaceChildren();
    if (models.length > 1) page.append(chooser(model));
    if (model.error) {
      page.append(make("h1", model.name), make("p", model.error, { class: "does_not_fit" }));
      return;
    }
    const title = make("h1", model.name + " ");
    title.append(make("span", model.word, { class: model.verdict }));
    page.append(title, make("p", model.number), make("p", model.about, { class: "soft" }));
    const next = make("p", model.next[0] + (model.next[1] ? " Next: " : ""));
    if (model.next[1]) next.append(make("code", model.next[1]));
    page.append(next);
    for (const note of model.remarks) page.append(make("p", note, { class: "soft" }));
    const picked = { step: -1, row: -1 };
    const views = [];
    const rows = model.rows;
    const byNode = new Map(rows.map((row, index) => [row.node, index]));
    const pick = (row, step) => {
      picked.row = row;
      picked.step = step >= 0 ? step : row >= 0 ? model.memory.steps.findIndex((s) => s[0] === rows[row].node) : -1;
      for (const view of views) view();
    };
    if (model.memory.steps.length) memory(model, picked, views, (step) => {
      const index = byNode.get(model.memory.steps[step][0]);
      pick(index === undefined ? -1 : index, step);
    });
    if (rows.some((row) => row.ms)) latency(model, picked, views, (row) => pick(row, -1));
    findings(model, byNode, pick);
    if (rows.length) table(model, picked, views, pick);
    if (model.notes.length) {
      page.append(make("h2", "To bear in mind"));
      const list = make("ul");
      for (const note of model.notes) list.append(make("li", note));
      page.append(list);
    }
    for (const view of views) view();
    redraw = () => views.forEach((view) => view());
  }

  function chooser(model) {
    const label = make("label", "Model ", { class: "screen" });
    const select = make("select");
    models.forEach((one, index) => select.append(make("option", one.name + ": " + (one.word || "cannot be checked"), { value: index })));
    select.value = models.indexOf(model);
    select.addEventListener("change", () => { show(models[select.value]); document.querySelector("select").focus(); });
    label.append(select);
    return label;
  }

  function canvas(name, most, chosen, words, picks, low) {
    const board = make("canvas", undefined, { tabindex: 0, role: "slider", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": most, class: low ? "low" : "" });
    const at = (event) => {
      const box = board.getBoundingClientRect();
      return Math.max(0, Math.min(most, Math.floor(((event.clientX - box.left) / box.width) * (most + 1))));
    };
    board.addEventListener("click", (event) => picks(at(event)));
    board.addEventListener("pointermove", (event) => { board.title = words(at(event)); });
    board.addEventListener("keydown", (event) => {
      const now = chosen();
      const page_ = Math.max(1, Math.round(most / 10));
      const to = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, Home: 0, End: most, PageUp: now + page_, PageDown: now - page_ }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      picks(Math.max(0, Math.min(most, to)));
    });
    const begin = () => {
      const scale = devicePixelRatio || 1, width = board.clientWidth, height = board.clientHeight;
      board.width = width * scale;
      board.height = height * scale;
      const pen = board.getContext("2d");
      pen.scale(scale, scale);
      pen.fillStyle = css("--ground");
      pen.fillRect(0, 0, width, height);
      board.setAttribute("aria-valuenow", Math.max(0, chosen()));
      board.setAttribute("aria-valuetext", chosen() < 0 ? "nothing selected" : words(chosen()));
      return [pen, width, height];
    };
    return [board, begin];
  }

  function memory(model, picked, views, picks) {
    const { steps, tensors, base, budget, peak } = model.memory;
    const live = steps.map(() => []);
    tensors.forEach(([, , first, last, bytes], index) => { for (let s = first; s <= last; s++) live[s].push([index, bytes]); });
    const top = Math.max(budget, ...steps.map((s) => base + s[2])) * 1.04;
    const words = (s) => `step ${s + 1} of ${steps.length}, ${steps[s][0]} (${steps[s][1]}): ${mebi(base + steps[s][2])}` + (s === peak ? ", the peak" : "");
    page.append(make("h2", "Memory over the schedule"));
    page.append(make("p", `Grey: weights, kept input and reserved block (${mebi(base)}). Colours: what is alive at each step. Dashed line: the budget of ${mebi(budget)}. Triangle: the peak.`, { class: "soft" }));
    const [board, begin] = canvas("Memory at each step of the schedule", steps.length - 1, () => picked.step, words, picks);
    const detail = make("div", undefined, { class: "detail", "aria-live": "polite" });
    page.append(board, detail);
    views.push(() => {
      const [pen, width, height] = begin();
      const y = (bytes) => height - (bytes / top) * height;
      pen.fillStyle = css("--base");
      pen.fillRect(0, y(base), width, height - y(base));
      const across = width / steps.length;
      live.forEach((items, s) => {
        let low = base;
        for (const [index, bytes] of items) {
          pen.fillStyle = COLOURS[index % COLOURS.length];
          pen.fillRect(s * across, y(low + bytes), Math.max(across, 0.5), y(low) - y(low + bytes));
          low += bytes;
        }
      });
      pen.strokeStyle = pen.fillStyle = css("--bad");
      pen.lineWidth = 2;
      pen.setLineDash([6, 4]);
      pen.beginPath(); pen.moveTo(0, y(budget)); pen.lineTo(width, y(budget)); pen.stroke();
      pen.setLineDash([]);
      if (peak >= 0) {
        const x = (peak + 0.5) * across, tip = y(base + steps[peak][2]) - 3;
        pen.fillStyle = css("--text");
        pen.beginPath(); pen.moveTo(x, tip); pen.lineTo(x - 6, tip - 10); pen.lineTo(x + 6, tip - 10); pen.fill();
      }
      const chosen = picked.step;
      if (chosen >= 0) {
        pen.strokeStyle = css("--text");
        pen.strokeRect(chosen * across, 1, Math.max(across, 2), height - 2);
      }
      const s = chosen >= 0 ? chosen : peak;
      detail.textContent = s < 0 ? "" : words(s) + ". Alive: " + live[s].map(([i, b]) => [i, b]).sort((a, b) => b[1] - a[1]).slice(0, 8)
        .map(([i, b]) => `${tensors[i][0]} ${mebi(b)}${tensors[i][1] ? ` (${tensors[i][1]})` : ""}`).join(", ");
    });
  }

  function latency(model, picked, views, picks) {
    const timed = model.rows.map((row, index) => [row, index]).filter(([row]) => row.ms);
    const most = Math.max(...timed.map(([row]) => row.ms));
    const words = (at) => `${timed[at][0].node} (${timed[at][0].op}): ${ms(timed[at][0].ms)}`;
    page.append(make("h2", "Latency by layer"), make("p", model.latency, { class: "soft" }));
    const [board, begin] = canvas("Estimated milliseconds of each layer", timed.length - 1, () => timed.findIndex(([, i]) => i === picked.row), words, (at) => picks(timed[at][1]), true);
    const detail = make("p", "", { class: "soft" });
    page.append(board, detail);
    views.push(() => {
      const [pen, width, height] = begin();
      const across = width / timed.length;
      timed.forEach(([row, index], at) => {
        pen.fillStyle = index === picked.row ? css("--text") : COLOURS[0];
        const tall = (row.ms / most) * (height - 8);
        pen.fillRect(at * across, height - tall, Math.max(across - 1, 0.5), tall);
      });
      const at = timed.findIndex(([, index]) => index === picked.row);
      detail.textContent = at < 0 ? "" : words(at);
    });
  }

  function findings(model, byNode, pick) {
    page.append(make("h2", model.causes.length ? "Findings, with their way out" : "No findings to show"));
    for (const cause of model.causes) {
      const box = make("div", undefined, { class: "cause " + cause.severity });
      const head = make("p");
      head.append(make("strong", `${cause.severity}: ${cause.fix}`));
      if (cause.gain) head.append(make("span", "  " + cause.gain, { class: "soft" }));
      box.append(head);
      for (const [rule, text] of cause.said) box.append(make("p", `${rule}  ${text}`));
      if (cause.nodes.length) {
        const details = make("details");
        details.append(make("summary", cause.nodes.length === 1 ? "1 node" : `${count(cause.nodes.length)} nodes`));
        for (const node of cause.nodes.slice(0, SHOWN)) {
          const button = make("button", node);
          button.addEventListener("click", () => byNode.has(node) && pick(byNode.get(node), -1));
          details.append(button, document.createTextNode(" "));
        }
        if (cause.nodes.length > SHOWN) details.append(make("p", `and ${count(cause.nodes.length - SHOWN)} more in the table`));
        box.append(details);
      }
      page.append(box);
    }
  }

  const COLUMNS = [["#", "at"], ["node", "node"], ["operator", "op"], ["alive", "bytes"], ["MACs", "macs"], ["ms", "ms"], ["finding", "rule"]];
  function table(model, picked, views, pick) {
    let key = "at", up = true, all = false, wanted = "";
    page.append(make("h2", "Layers"));
    const filter = make("input", undefined, { type: "search", "aria-label": "Filter the layers by name or operator", placeholder: "filter", class: "screen" });
    filter.addEventListener("input", () => { wanted = filter.value.toLowerCase(); fill(); });
    const box = make("div", undefined, { class: "scroll", tabindex: 0, role: "region", "aria-label": "Layers" });
    const grid = make("table"), head = make("tr"), body = make("tbody");
    for (const [label, of] of COLUMNS) {
      const cell = make("th", undefined, { scope: "col" }), button = make("button", label);
      button.addEventListener("click", () => { up = key === of ? !up : typeof model.rows[0][of] === "string" || of === "at"; key = of; fill(); });
      cell.append(button);
      cell.dataset.of = of;
      head.append(cell);
    }
    const top = make("thead");
    top.append(head);
    grid.append(top, body);
    box.append(grid);
    const more = make("button", "", { class: "screen" });
    more.addEventListener("click", () => { all = true; fill(); });
    page.append(filter, box, more);
    const drawn = new Map();
    function fill() {
      for (const cell of head.children) cell.setAttribute("aria-sort", cell.dataset.of === key ? (up ? "ascending" : "descending") : "none");
      const rows = model.rows.map((row, index) => [row, index]).filter(([row]) => (row.node + " " + row.op).toLowerCase().includes(wanted));
      rows.sort(([a], [b]) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0) * (up ? 1 : -1));
      const cut = all ? rows.length : Math.min(SHOWN, rows.length);
      more.hidden = cut === rows.length;
      more.textContent = `show all ${count(rows.length)}`;
      drawn.clear();
      body.replaceChildren(...rows.slice(0, cut).map(([row, index]) => line(row, index)));
      mark(false);
    }
    function line(row, index) {
      const tr = make("tr");
      const name = make("td", undefined, { class: "name" }), button = make("button", row.node);
      button.addEventListener("click", () => pick(index, -1));
      name.append(button);
      tr.append(make("td", count(row.at + 1), { class: "number" }), name, make("td", row.op),
        make("td", row.bytes ? count(row.bytes) : "", { class: "number" }), make("td", row.macs ? count(row.macs) : "", { class: "number" }),
        make("td", row.ms ? row.ms.toFixed(3) : "", { class: "number" }), make("td", row.rule));
      drawn.set(index, tr);
      return tr;
    }
    function mark(move) {
      for (const [index, tr] of drawn) tr.className = index === picked.row ? "picked" : "";
      if (move && drawn.has(picked.row)) {
        const tr = drawn.get(picked.row);
        if (tr.offsetTop < box.scrollTop + 40 || tr.offsetTop > box.scrollTop + box.clientHeight - 40) box.scrollTop = tr.offsetTop - box.clientHeight / 2;
      }
    }
    fill();
    views.push(() => mark(true));
  }

  let redraw = () => {};
  show(models[0]);
  new ResizeObserver(() => redraw()).observe(page);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
  addEventListener("beforeprint", () => { document.documentElement.dataset.print = ""; redraw(); });
  addEventListener("afterprint", () => { delete document.documentElement.dataset.print; redraw(); });
})();
