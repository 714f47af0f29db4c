// A box above each long table that keeps the rows with what is typed: first those that are called so, then those whose name
// begins with it or holds it, then those that only speak of it.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("article table")) {
    const rows = [...table.querySelectorAll("tbody tr")];
    if (rows.length < 25) continue;
    const texts = rows.map((row) => [row.cells[0].textContent.trim().toLowerCase(), row.textContent.toLowerCase()]);
    const distance = ([name, text], wanted) =>
      name === wanted ? 0 : name.startsWith(wanted) ? 1 : name.includes(wanted) ? 2 : text.includes(wanted) ? 3 : 4;
    const box = document.createElement("input");
    box.type = "search";
    box.placeholder = "filter, for instance Softmax";
    box.setAttribute("aria-label", "Filter the rows of the table");
    box.className = "md-input";
    box.addEventListener("input", () => {
      const wanted = box.value.trim().toLowerCase();
      const far = texts.map((text) => (wanted ? distance(text, wanted) : 0));
      const order = rows.map((_, at) => at).sort((a, b) => far[a] - far[b] || a - b);
      rows.forEach((row, at) => (row.hidden = far[at] === 4));
      rows[0].parentNode.append(...order.map((at) => rows[at]));
    });
    (table.closest(".md-typeset__scrollwrap") || table).before(box);
  }
});

// A table that is wider than its place is scrolled by the arrow keys as well.
addEventListener("load", () => {
  for (const place of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) {
    if (place.scrollWidth > place.clientWidth) place.tabIndex = 0;
  }
});
