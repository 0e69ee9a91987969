"""What a page of a sweep is dressed in: its style sheet and its script, which go into the page itself."""

STYLE_SHEET = """
:root { color-scheme: light; --ink: #222; --pale: #666; --line: #ddd; --accent: #0072b2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1180px; padding: 1.5rem; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 .2rem; font-size: 1.7rem; }
h2 { margin: 2.2rem 0 .6rem; padding-bottom: .2rem; font-size: 1.2rem; border-bottom: 2px solid var(--line); }
p { max-width: 75ch; margin: .4rem 0; }
nav a { margin-right: 1rem; }
a { color: var(--accent); }
.pale { color: var(--pale); }
.tiles { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1rem 0; padding: 0; list-style: none; }
.tiles li { min-width: 8rem; padding: .5rem .9rem; border: 1px solid var(--line); border-radius: 6px; }
.tiles strong { display: block; font-size: 1.3rem; }
figure { margin: 0 0 1.4rem; }
figure img { display: block; max-width: 100%; height: auto; }
.scroll { max-height: 34rem; overflow: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid #eee; }
#points-table td { white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
thead th { position: sticky; top: 0; background: #f6f6f6; border-bottom: 1px solid #bbb; }
thead button { all: unset; cursor: pointer; font-weight: 600; }
thead button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
thead button::after { content: "\\00a0\\2195"; color: #aaa; }
th[aria-sort=ascending] button::after { content: "\\00a0\\2191"; color: var(--accent); }
th[aria-sort=descending] button::after { content: "\\00a0\\2193"; color: var(--accent); }
tbody tr:hover { background: #f0f6fa; }
pre { padding: .8rem; overflow: auto; font-size: 13px; background: #f6f6f6; border-radius: 6px; }
label { display: block; margin: .4rem 0; }
input { padding: .3rem .5rem; font: inherit; border: 1px solid #bbb; border-radius: 4px; }
.failed { overflow-wrap: anywhere; }
@media print { .scroll { max-height: none; overflow: visible; } nav, label { display: none; } }
"""

SCRIPT = """
"use strict";
// Tables sort by a click on a heading; the address keeps the order as #TABLE:COLUMN:ascending, so that a link
// shows what its sender saw.
function keyOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}
function compare(one, other) {
  const numbers = typeof one === "number" && typeof other === "number";
  return numbers ? one - other : String(one).localeCompare(String(other), undefined, {numeric: true});
}
function sort(table, column, direction) {
  const sign = direction === "descending" ? -1 : 1;
  const rows = Array.from(table.tBodies[0].rows, row => [keyOf(row, column), row]);
  const missing = rows.filter(([key]) => key === "");
  const present = rows.filter(([key]) => key !== "");
  present.sort((one, other) => sign * compare(one[0], other[0]));
  table.tBodies[0].append(...[...present, ...missing].map(([, row]) => row));
  for (const heading of table.tHead.rows[0].cells) heading.removeAttribute("aria-sort");
  table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction);
}
function sortAsAddressed() {
  const [name, column, direction] = decodeURIComponent(location.hash.slice(1)).split(":");
  const table = direction === undefined ? null : document.getElementById(name);
  if (table === null || table.tHead === null || !table.tHead.rows[0].cells[column]) return;
  sort(table, Number(column), direction === "descending" ? direction : "ascending");
}
for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tHead.rows[0].cells, (heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      const direction = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      sort(table, column, direction);
      history.replaceState(null, "", `#${table.id}:${column}:${direction}`);
    });
  });
}
for (const field of document.querySelectorAll("input[data-filters]")) {
  const table = document.getElementById(field.dataset.filters);
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\\s+/).filter(word => word);
    for (const row of table.tBodies[0].rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
    }
  });
}
window.addEventListener("hashchange", sortAsAddressed);
sortAsAddressed();
"""
