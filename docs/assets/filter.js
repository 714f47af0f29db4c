// A box above each long table that keeps the rows with what is typed.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("article table")) {
    const rows = [...table.querySelectorAll("tbody tr")];
    if (rows.length < 25) continue;
    const box = document.createElement("input");
    box.type = "search";
    box.placeholder = "filter, for instance Softmax";
    box.setAttribute("aria-label", "Filter the rows of the table");
    box.className = "md-input";
    box.addEventListener("input", () => {
      const wanted = box.value.toLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    });
    (table.closest(".md-typeset__scrollwrap") || table).before(box);
  }
});
