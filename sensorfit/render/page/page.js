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
  const next = make("p", model.next[0] + (!model.next[1] ? "" : model.next[0].endsWith(", then:") ? " " : " Next: "));
  if (model.next[1]) next.append(make("code", model.next[1]));
  page.append(next);
  for (const note of model.remarks) page.append(make("p", note, { class: "soft" }));
  const picked = { step: -1, row: -1 };
  const views = [];
  const columns = Object.entries(model.rows);
  const rows = model.rows.node.map((_, at) => Object.fromEntries([["at", at], ...columns.map(([name, values]) => [name, values[at]])]));
  for (const row of rows) {
    row.ms = row.cycles / model.clock * 1e3;
    row.least = row.ms * (1 + row.low / 100);
    row.most = row.ms * (1 + row.high / 100);
  }
  if (!model.read) { // what the file writes shortly, once
    model.read = true;
    for (const plan of [model.memory, model.converter].filter(Boolean)) {
      plan.steps = plan.steps.map(([row, bytes, node, op]) => [node ?? rows[row].node, op ?? rows[row].op, bytes, row]);
      let first = 0;
      for (const run of plan.tensors) { first = run[2] += first; run[3] += first; }
    }
  }
  const byNode = new Map(rows.map((row, index) => [row.node, index]));
  const pick = (row, step) => {
    picked.row = row;
    picked.step = step >= 0 ? step : row >= 0 ? model.memory.steps.findIndex((s) => s[3] === row || s[3] === rows[row].into) : -1;
    for (const view of views) view();
  };
  const top = Math.max(...[model.memory, model.converter].filter(Boolean).map(highest));
  const plan = model.converter ? "Memory over the schedule, predicted" : "Memory over the schedule";
  if (model.memory.steps.length) memory(model.memory, plan, top, picked, views, (step) => pick(model.memory.steps[step][3], step));
  if (model.converter) { // its steps have names of their own, so they are selected by themselves
    const own = { step: -1 };
    memory(model.converter, "Memory over the converter's own schedule", top, own, views, (step) => { own.step = step; for (const view of views) view(); });
    page.append(make("p", "By the converter's --model-insight, which leaves scratch space out: a step may take more, and the reported runtime memory be above this peak.", { class: "soft" }));
  }
  if (model.open) page.append(heading(1, "Memory and latency"), make("p", model.open));
  else if (rows.some((row) => row.ms)) latency(model, rows, picked, views, (row) => pick(row, -1));
  const peak = model.memory.steps[model.memory.peak];
  if (model.rows.row.length) graph(rows, peak ? Math.max(0, peak[3]) : 0, picked, views, (row) => pick(row, -1));
  findings(model, byNode, pick);
  if (rows.length) table(rows, picked, views, pick);
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
const draw = () => { redraw(); drawings.forEach((one) => one()); };
about();
if (models.length) show(models[0]);
let width = 0;
new ResizeObserver(() => { if (width !== (width = document.body.clientWidth)) draw(); else redraw(); }).observe(document.querySelector("main"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw());
addEventListener("beforeprint", () => { document.documentElement.dataset.print = ""; draw(); });
addEventListener("afterprint", () => { delete document.documentElement.dataset.print; draw(); });
