function show(model) {
  page.replaceChildren();
  if (models.length > 1) page.append(chooser(model));
  if (model.error) {
    page.append(heading(0, model.name), make("p", model.error, { class: "does_not_fit" }));
    return;
  }
  const title = heading(0, model.name + " ");
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
    page.append(heading(1, "To bear in mind"));
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

let redraw = () => {};
about();
if (models.length) show(models[0]);
new ResizeObserver(() => redraw()).observe(page);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
addEventListener("beforeprint", () => { document.documentElement.dataset.print = ""; redraw(); });
addEventListener("afterprint", () => { delete document.documentElement.dataset.print; redraw(); });
