// What the page says before its models: sentences and tables.
function about() {
  const place = document.getElementById("about");
  if (data.head) {
    place.append(make("h1", data.head.title, { class: data.head.verdict }));
    if (data.head.text) place.append(make("p", data.head.text, { class: "soft" }));
  }
  for (const section of data.sections) {
    if (section.title) place.append(make("h2", section.title));
    if (section.note) place.append(make("p", section.note, { class: "soft" }));
    if (section.lines) {
      const list = make("ul");
      for (const line of section.lines) list.append(make("li", line));
      place.append(list);
    }
    if (section.points) place.append(scatter(section));
    if (section.bars) place.append(bars(section));
    if (section.pictures) place.append(pictures(section));
    if (section.rows) place.append(plainTable(section));
  }
}

function plainTable(section) {
  const box = make("div", undefined, { class: section.rows.length > 24 ? "scroll" : "scroll short", tabindex: 0, role: "region", "aria-label": section.title });
  const grid = make("table"), top = make("thead"), head = make("tr"), body = make("tbody");
  const of = (at) => (typeof section.rows[0]?.[at] === "number" ? "plain number" : "plain");
  section.head.forEach((label, at) => head.append(label ? make("th", label, { scope: "col", class: of(at) }) : make("td")));
  for (const row of section.rows) {
    const line = make("tr");
    for (const cell of row) line.append(make("td", typeof cell === "number" ? count(cell) : cell, { class: typeof cell === "number" ? "number" : cell.length > 60 ? "text long" : "text" }));
    body.append(line);
  }
  top.append(head);
  grid.append(top, body);
  box.append(grid);
  return box;
}

function findings(model, byNode, pick) {
  page.append(heading(1, model.causes.length ? "Findings, with their way out" : "No findings to show"));
  for (const cause of model.causes) {
    const box = make("div", undefined, { class: "cause " + cause.severity });
    const head = make("p");
    head.append(make("strong", `${cause.severity}${cause.of ? ` ${cause.of}` : ""}: ${cause.fix}`));
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

const COLUMNS = [["#", "at"], ["node", "node"], ["operator", "op"], ["shape", "shape"], ["weights", "weights"], ["activation", "activation"], ["alive", "bytes"], ["MACs", "macs"], ["ms", "ms"], ["finding", "rule"]];
function table(rows_, picked, views, pick) {
  let key = "at", up = true, all = false, wanted = "";
  page.append(heading(1, "Layers"));
  const filter = make("input", undefined, { type: "search", "aria-label": "Filter the layers by name or operator", placeholder: "filter", class: "screen" });
  filter.addEventListener("input", () => { wanted = filter.value.toLowerCase(); fill(); });
  const box = make("div", undefined, { class: "scroll", tabindex: 0, role: "region", "aria-label": "Layers" });
  const grid = make("table"), head = make("tr"), body = make("tbody");
  for (const [label, of] of COLUMNS) {
    const cell = make("th", undefined, { scope: "col" }), button = make("button", label);
    button.addEventListener("click", () => { up = key === of ? !up : typeof rows_[0][of] === "string" || of === "at"; key = of; fill(); });
    cell.append(button, make("span", label, { class: "paper" })); // a heading with a button in it is printed on the first page alone
    cell.dataset.of = of;
    head.append(cell);
  }
  const top = make("thead");
  top.append(head);
  grid.append(top, body);
  box.append(grid);
  const more = make("button", "", { class: "screen" });
  more.addEventListener("click", () => { all = true; fill(); });
  const left = make("p", "", { class: "paper" });
  page.append(filter, box, more, left);
  const drawn = new Map();
  function fill() {
    for (const cell of head.children) cell.setAttribute("aria-sort", cell.dataset.of === key ? (up ? "ascending" : "descending") : "none");
    const rows = rows_.map((row, index) => [row, index]).filter(([row]) => (row.node + " " + row.op).toLowerCase().includes(wanted));
    rows.sort(([a], [b]) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0) * (up ? 1 : -1));
    const cut = all ? rows.length : Math.min(SHOWN, rows.length);
    more.hidden = cut === rows.length;
    more.textContent = `show all ${count(rows.length)}`;
    left.textContent = more.hidden ? "" : `The first ${count(cut)} of ${count(rows.length)} layers; print the page again after "show all" for the others.`;
    drawn.clear();
    body.replaceChildren(...rows.slice(0, cut).map(([row, index]) => line(row, index)));
    mark(false);
  }
  function line(row, index) {
    const tr = make("tr");
    const name = make("td", undefined, { class: "name" }), button = make("button", row.node);
    button.addEventListener("click", () => pick(index, -1));
    name.append(button);
    tr.append(make("td", count(row.at + 1), { class: "number" }), name, make("td", row.op), make("td", row.shape),
      ...["weights", "activation"].map((of) => make("td", row[of] ? count(row[of]) : "", { class: "number" })),
      make("td", row.bytes ? count(row.bytes) : "", { class: "number" }), make("td", row.macs ? count(row.macs) : "", { class: "number" }),
      make("td", row.ms ? row.ms.toFixed(3) : "", { class: "number" }), make("td", [row.rule, row.mark ? "changed" : ""].filter(Boolean).join(", ")));
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
