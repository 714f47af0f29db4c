function canvas(name, most, chosen, words, picks, low, over = words) {
  const board = make("canvas", undefined, { tabindex: 0, role: "slider", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": most, class: low ? "low" : "" });
  const at = (event) => {
    const box = board.getBoundingClientRect();
    return Math.max(0, Math.min(most, Math.floor(((event.clientX - box.left) / box.width) * (most + 1))));
  };
  board.addEventListener("click", (event) => picks(at(event)));
  board.addEventListener("pointermove", (event) => {
    const box = board.getBoundingClientRect();
    board.title = over(at(event), (box.bottom - event.clientY) / box.height);
  });
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

const highest = (plan) => Math.max(plan.budget, ...plan.steps.map((s) => plan.base + s[2])) * 1.04;

function memory(plan, title, top, picked, views, picks) {
  const { steps, names, tensors, base, budget, peak } = plan;
  const live = steps.map(() => []);
  tensors.forEach(([, , first, last, bytes], index) => { for (let s = first; s <= last; s++) live[s].push([index, bytes]); });
  const words = (s) => `step ${s + 1} of ${steps.length}, ${steps[s][0]} (${steps[s][1]}): ${mebi(base + steps[s][2])}` + (s === peak ? ", the peak" : "");
  page.append(heading(1, title));
  page.append(make("p", `Grey: weights, kept input and reserved block (${mebi(base)}). Colours: what is alive at each step. Dashed line: the budget of ${mebi(budget)}. Triangle: the peak.`, { class: "soft" }));
  const over = (s, up) => { // the tensor that is pointed at, and the step
    let low = base;
    const found = up * top >= base && live[s].find(([, bytes]) => (low += bytes) > up * top);
    const what = up * top < base ? `weights, kept input and reserved block ${mebi(base)}; ` : found ? `${names[tensors[found[0]][0]]} ${mebi(found[1])}; ` : "";
    return what + words(s);
  };
  const [board, begin] = canvas(`${title}, at each step`, steps.length - 1, () => picked.step, words, picks, false, over);
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
        pen.fillStyle = COLOURS[tensors[index][0] % COLOURS.length];
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
      const x = Math.min(width - 6, Math.max(6, (peak + 0.5) * across)), tip = Math.max(11, y(base + steps[peak][2]) - 3);
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
      .map(([i, b]) => `${names[tensors[i][0]]} ${mebi(b)}${names[tensors[i][1]] ? ` (${names[tensors[i][1]]})` : ""}`).join(", ");
  });
}

function latency(model, rows, picked, views, picks) {
  const timed = rows.map((row, index) => [row, index]).filter(([row]) => row.ms);
  const most = timed.reduce((highest_, [row]) => Math.max(highest_, row.most), 0);
  const words = (at) => (([row]) => `${row.node} (${row.op}): ${ms(row.ms)}${row.most > row.least ? ` (${ms(row.least)} to ${ms(row.most)})` : ""}`)(timed[at]);
  page.append(heading(1, "Latency by layer"), make("p", model.latency, { class: "soft" }));
  const [board, begin] = canvas("Estimated milliseconds of each layer", timed.length - 1, () => timed.findIndex(([, i]) => i === picked.row), words, (at) => picks(timed[at][1]), true);
  const detail = make("p", "", { class: "soft" });
  page.append(board, detail);
  views.push(() => {
    const [pen, width, height] = begin();
    const across = width / timed.length, text = css("--text"), pick = css("--pick"), y = (value) => height - (value / most) * (height - 8);
    timed.forEach(([row, index], at) => {
      pen.fillStyle = index === picked.row ? text : COLOURS[0];
      pen.fillRect(at * across, y(row.ms), Math.max(across - 1, 0.5), height - y(row.ms));
      if (across >= 3 && row.most > row.least) {
        pen.fillStyle = index === picked.row ? pick : text;
        pen.fillRect((at + 0.5) * across - 1, y(row.most), 1, y(row.least) - y(row.most));
      }
    });
    const at = timed.findIndex(([, index]) => index === picked.row);
    detail.textContent = at < 0 ? "" : words(at);
  });
}
