// The network, laid out in Python; here it is moved, coloured and selected.
const NODE = { width: 132, height: 26, across: 150, down: 44 };
const NEAR = 1.6, FAR = 0.02, READ = 0.6;

function graph(rows, first, picked, views, picks) {
  page.append(heading(1, "The network"), make("p", "Each node below what it reads; dashed: fused into another. Drag or scroll to move, + and - to zoom, arrow keys for the next node. A large one opens around the memory's peak.", { class: "soft" }));
  const bar = make("div", undefined, { class: "bar screen" });
  const label = make("label", "Colour "), by = make("select");
  for (const [value, text] of [["finding", "by finding"], ["activation", "by activation bytes"], ["weights", "by weights"], ["ms", "by time"]]) by.append(make("option", text, { value }));
  label.append(by);
  bar.append(label);
  const board = make("canvas", undefined, { tabindex: 0, role: "slider", "aria-label": "The network's nodes", "aria-valuemin": 0, "aria-valuemax": rows.length - 1, class: "tall" });
  const detail = make("div", undefined, { class: "detail", "aria-live": "polite" });
  const x = rows.map((row) => row.column * NODE.across), y = rows.map((row) => row.row * NODE.down);
  const low = Math.min(...x), high = Math.max(...x), deep = Math.max(...y);
  const most = Object.fromEntries(["activation", "weights", "ms"].map((of) => [of, rows.reduce((m, row) => Math.max(m, row[of]), 0) || 1]));
  const view = { scale: 0, left: 0, top: 0 };
  let shown = -1, drawn = 0;

  const fit = () => {
    const wide = board.clientWidth / (high - low + 2 * NODE.across), tall = board.clientHeight / (deep + 2 * NODE.down);
    view.scale = Math.max(FAR, Math.min(1, wide, tall));
    view.left = (low + high) / 2 - board.clientWidth / 2 / view.scale;
    view.top = deep / 2 - board.clientHeight / 2 / view.scale;
  };
  const start = () => { // the whole where it can be read, else what stands around the peak
    fit();
    if (view.scale >= READ) return;
    centre(picked.row >= 0 ? picked.row : first);
    view.top = Math.max(view.top, -NODE.down);
  };
  const zoom = (factor, atX, atY) => {
    const next = Math.max(FAR, Math.min(NEAR, view.scale * factor));
    view.left += atX / view.scale - atX / next;
    view.top += atY / view.scale - atY / next;
    view.scale = next;
    draw();
  };
  const middle = (factor) => zoom(factor, board.clientWidth / 2, board.clientHeight / 2);
  const centre = (row) => {
    view.scale = Math.max(view.scale, READ);
    view.left = x[row] - board.clientWidth / 2 / view.scale;
    view.top = y[row] - board.clientHeight / 2 / view.scale;
  };
  const words = (row) => [`${row.node} (${row.op})`, row.shape && `output ${row.shape}`, row.into >= 0 ? `runs in ${rows[row.into].node}` : "",
    row.weights && `weights ${count(row.weights)} B`, row.activation && `activation ${count(row.activation)} B`, row.bytes && `${mebi(row.bytes)} alive`,
    row.macs && `${count(row.macs)} MACs`, row.cycles && `${count(row.cycles)} cycles, ${row.ms.toFixed(3)} ms`, row.rule, row.mark && "changed"].filter(Boolean).join(" · ");
  for (const [text, name, action] of [["Whole", "Show the whole network", () => { fit(); draw(); }], ["+", "Zoom in", () => middle(1.4)], ["-", "Zoom out", () => middle(1 / 1.4)]]) {
    const button = make("button", text, { "aria-label": name });
    button.addEventListener("click", action);
    bar.append(button);
  }
  page.append(bar, board, detail);

  function draw() {
    const dense = devicePixelRatio || 1, width = board.clientWidth, height = board.clientHeight;
    board.width = width * dense;
    board.height = height * dense;
    if (!view.scale) start();
    else if (width !== drawn) view.left += (drawn - width) / 2 / view.scale; // what was in the middle stays there
    drawn = width;
    const pen = board.getContext("2d");
    pen.scale(dense, dense);
    const tones = { ground: css("--ground"), text: css("--text"), base: css("--base"), panel: css("--panel"), e: css("--bad"), w: css("--open"), i: css("--pick") };
    pen.fillStyle = tones.ground;
    pen.fillRect(0, 0, width, height);
    const { scale, left, top } = view, px = (v) => (v - left) * scale, py = (v) => (v - top) * scale;
    const wide = NODE.width * scale, tall = NODE.height * scale;
    pen.strokeStyle = tones.base;
    pen.lineWidth = Math.max(0.5, Math.min(1.5, scale * 1.5));
    pen.beginPath();
    rows.forEach((row, to) => {
      const endX = px(x[to]), endY = py(y[to]) - tall / 2;
      for (const from of row.reads) {
        const startX = px(x[from]), startY = py(y[from]) + tall / 2;
        if (Math.max(startY, endY) < 0 || Math.min(startY, endY) > height) continue;
        const span = rows[to].row - rows[from].row;
        pen.moveTo(startX, startY);
        if (span === 1) pen.lineTo(endX, endY);
        else { // a skip passes beside what it skips
          const side = Math.max(startX, endX) + (wide / 2 + 12 * scale) * Math.min(3, 1 + span / 12);
          pen.bezierCurveTo(side, startY + tall, side, endY - tall, endX, endY);
        }
      }
    });
    pen.stroke();
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `${Math.max(1, 12 * scale)}px system-ui, sans-serif`;
    const of = by.value;
    rows.forEach((row, at) => {
      const cx = px(x[at]), cy = py(y[at]);
      if (cx < -wide || cx > width + wide || cy < -tall || cy > height + tall) return;
      const share = of === "finding" ? 0 : row[of] / most[of];
      pen.fillStyle = tones.panel;
      pen.fillRect(cx - wide / 2, cy - tall / 2, wide, tall);
      pen.globalAlpha = of === "finding" ? 1 : 0.1 + 0.9 * share;
      pen.fillStyle = of === "finding" ? tones[row.severity] || tones.panel : COLOURS[0];
      if (of === "finding" || share > 0) pen.fillRect(cx - wide / 2, cy - tall / 2, wide, tall);
      pen.globalAlpha = 1;
      pen.setLineDash(row.into >= 0 ? [4 * scale, 3 * scale] : []);
      pen.strokeStyle = at === picked.row ? tones.text : row.mark ? tones.w : tones.base;
      pen.lineWidth = at === picked.row || row.mark ? 3 : 1;
      pen.strokeRect(cx - wide / 2, cy - tall / 2, wide, tall);
      if (tall >= 9) {
        const filled = of === "finding" ? row.severity !== "" : share > 0.5;
        pen.fillStyle = filled ? (of === "finding" ? tones.ground : "#fff") : tones.text;
        const text = (of === "finding" && row.rule ? `${row.op} ${row.rule}` : row.op).slice(0, 20);
        pen.fillText(text, cx, cy, wide - 6);
      }
    });
    pen.setLineDash([]);
    board.setAttribute("aria-valuenow", Math.max(0, picked.row));
    board.setAttribute("aria-valuetext", picked.row < 0 ? "nothing selected" : words(rows[picked.row]));
    detail.classList.toggle("screen", picked.row < 0);
    detail.textContent = picked.row < 0 ? "Select a node to see its shape, bytes, cycles and rule." : words(rows[picked.row]);
  }

  by.addEventListener("change", draw);
  board.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && document.activeElement !== board) return;
    event.preventDefault();
    if (event.ctrlKey) zoom(Math.exp(-event.deltaY / 200), event.offsetX, event.offsetY);
    else { view.left += event.deltaX / view.scale; view.top += event.deltaY / view.scale; draw(); }
  }, { passive: false });
  let drag = null;
  board.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, moved: false }; board.setPointerCapture(event.pointerId); });
  board.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const byX = event.clientX - drag.x, byY = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(byX, byY) < 4) return;
    view.left -= byX / view.scale;
    view.top -= byY / view.scale;
    drag = { x: event.clientX, y: event.clientY, moved: true };
    draw();
  });
  board.addEventListener("pointerup", (event) => {
    const moved = drag && drag.moved;
    drag = null;
    if (moved) return;
    const box = board.getBoundingClientRect();
    const atX = (event.clientX - box.left) / view.scale + view.left, atY = (event.clientY - box.top) / view.scale + view.top;
    let best = -1, least = Infinity;
    rows.forEach((_, at) => {
      const off = Math.max(0, Math.abs(x[at] - atX) - NODE.width / 2) + Math.max(0, Math.abs(y[at] - atY) - NODE.height / 2);
      if (off < least) { least = off; best = at; }
    });
    if (least * view.scale <= 12) { shown = best; picks(best); }
  });
  board.addEventListener("keydown", (event) => {
    const zooms = { "+": 1.4, "=": 1.4, "-": 1 / 1.4 }[event.key];
    const to = { ArrowDown: picked.row + 1, ArrowRight: picked.row + 1, ArrowUp: picked.row - 1, ArrowLeft: picked.row - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (zooms === undefined && to === undefined) return;
    event.preventDefault();
    if (zooms) middle(zooms);
    else picks(Math.max(0, Math.min(rows.length - 1, to)));
  });
  views.push(() => {
    if (picked.row >= 0 && picked.row !== shown) { shown = picked.row; if (view.scale) centre(picked.row); }
    draw();
  });
}
