// Elements from plain values. Text is always text: nothing here, or anywhere, reads markup.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2).toLowerCase(), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Original drawings on a grid of 16; each is one path.
const ICONS = {
  key: "M10.5 2a3.5 3.5 0 0 0-3.36 4.48L2 11.6V14h3v-2h2v-2h1.6l.92-.92A3.5 3.5 0 1 0 10.5 2Zm1 2.5a1 1 0 1 1 0 2 1 1 0 0 1 0-2Z",
  lock: "M8 1.5A3.5 3.5 0 0 0 4.5 5v1.5h-1v7h9v-7h-1V5A3.5 3.5 0 0 0 8 1.5Zm-2 5V5a2 2 0 1 1 4 0v1.5H6Z",
  hash: "M6.2 2 5.7 5H3v1.5h2.45l-.4 2.6H2.4v1.5h2.4L4.3 14h1.5l.5-3.4h2.75L8.5 14H10l.55-3.4H13V9.1h-2.2l.4-2.6H14V5h-2.55L12 2h-1.5L10 5H7.2L7.7 2Zm.75 4.5H9.7l-.4 2.6H6.55Z",
  eye: "M8 3.5C4.5 3.5 2 6.2 1 8c1 1.8 3.5 4.5 7 4.5s6-2.7 7-4.5c-1-1.8-3.5-4.5-7-4.5Zm0 7.5a3 3 0 1 1 0-6 3 3 0 0 1 0 6Zm0-1.6a1.4 1.4 0 1 0 0-2.8 1.4 1.4 0 0 0 0 2.8Z",
  check: "M6.4 12.6 2 8.2l1.4-1.4 3 3 6.2-6.2L14 5Z",
  cross: "m4.1 3 3.9 3.9L11.9 3 13 4.1 9.1 8l3.9 3.9-1.1 1.1L8 9.1 4.1 13 3 11.9 6.9 8 3 4.1Z",
  send: "M2 2.5 14.5 8 2 13.5l1.2-4.6L9.5 8 3.2 7.1Z",
  warn: "M8 1.5 15 14H1ZM7.2 6v4h1.6V6Zm0 5v1.6h1.6V11Z",
  play: "M4 2.5 13 8l-9 5.5Z",
  reply: "M2 3h12v8H8l-3.5 3V11H2Z",
  bot: "M7.2 1.5h1.6V4H12a1.5 1.5 0 0 1 1.5 1.5v6A1.5 1.5 0 0 1 12 13H4a1.5 1.5 0 0 1-1.5-1.5v-6A1.5 1.5 0 0 1 4 4h3.2ZM5.5 7v2.2H7V7Zm3.5 0v2.2h1.5V7Z",
  down: "m3.5 5.5 4.5 4.5 4.5-4.5 1 1L8 12 2.5 6.5Z",
  back: "M10.5 2.5 12 4 8 8l4 4-1.500 1.500L5 8Z",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

export function sr(text) {
  return h("span", { class: "sr" }, text);
}

// A value to be read as it stands; a long path may break after a slash.
export function code(text) {
  return h("code", {}, text.split("/").flatMap((part, index) => (index ? ["/", h("wbr"), part] : [part])));
}

let counter = 0;
export function uid(stem) {
  counter += 1;
  return `${stem}-${counter}`;
}

// Keeps nodes by key: what did not change keeps its place, its focus and its scrolling.
export function reconcile(parent, wanted) {
  const held = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const nodes = wanted.map(({ key, sign, build }) => {
    const known = held.get(key);
    if (known && known.dataset.sign === sign) return known;
    const fresh = build(known);
    fresh.dataset.key = key;
    fresh.dataset.sign = sign;
    return fresh;
  });
  const keep = new Set(nodes);
  for (const child of [...parent.children]) if (!keep.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}
