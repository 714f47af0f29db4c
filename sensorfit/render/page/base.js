// Data is untrusted text: it reaches the page through textContent, setAttribute and canvas alone, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const models = data.models;
const page = document.getElementById("page");
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"]; // Okabe and Ito
const SHOWN = 300;
const TOP = data.head ? 2 : 1; // the level of a model's heading, below the page's own where it has one
const make = (tag, text, options = {}) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  for (const [key, value] of Object.entries(options)) node.setAttribute(key, value);
  return node;
};
const heading = (level, text) => make("h" + (TOP + level), text);
const mebi = (bytes) => (bytes / 2 ** 20).toFixed(2) + " MiB";
const count = (value) => value.toLocaleString("en");
const ms = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3)) + " ms";
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
