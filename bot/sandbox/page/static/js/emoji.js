// Emoji as small drawings, as Slack shows pictures: they look the same with every font. The sign
// itself stays in the text, for screen readers and for copying.

import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const tile = (fill) => ["rect", { x: 1, y: 1, width: 14, height: 14, rx: 3.5, fill }];
const line = (d, stroke = "#fff", width = 2) => [
  "path",
  { d, stroke, "stroke-width": width, fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" },
];
const glass = (sand) => [
  ["path", { d: "M4 2h8v1.500c0 1.900-1.300 3.200-2.900 4.500 1.600 1.300 2.900 2.600 2.900 4.500V14H4v-1.500c0-1.900 1.300-3.200 2.900-4.500C5.300 6.700 4 5.400 4 3.500Z", fill: "#cfe0e6" }],
  ["path", { d: sand, fill: "#d9962b" }],
  line("M3.500 1.800h9M3.500 14.200h9", "#8a5a1a", 1.6),
];

const DRAWINGS = {
  "✅": [tile("#1f8f5f"), line("M4.500 8.300 7 10.800l4.600-5.300")],
  "❌": [line("m3.500 3.500 9 9m0-9-9 9", "#cf2f45", 2.8)],
  "⏳": glass("M5.200 4.600h5.600c-.500 1.300-1.700 2.300-2.800 3.100C6.900 6.900 5.700 5.900 5.200 4.600ZM5 13.400h6c-.700-1.100-1.800-1.700-3-2-1.200.300-2.300.900-3 2Z"),
  "⌛": glass("M4.700 13.400h6.600c0-2-1.500-3.200-3.300-4.600-1.800 1.400-3.300 2.600-3.300 4.600Z"),
  "⛔": [["circle", { cx: 8, cy: 8, r: 7, fill: "#cf2f45" }], line("M4.800 8h6.400", "#fff", 2.6)],
  "🚫": [["circle", { cx: 8, cy: 8, r: 5.7, fill: "none", stroke: "#cf2f45", "stroke-width": 2.4 }], line("m4.200 4.200 7.600 7.600", "#cf2f45", 2.2)],
  "⚠": [["path", { d: "M8 1.500 15.200 14H.8Z", fill: "#e8a92e" }], line("M8 6v3.600M8 11.900v.1", "#3a2a05", 1.7)],
  "⚙": [
    ["circle", { cx: 8, cy: 8, r: 5.600, fill: "none", stroke: "#7d8c8f", "stroke-width": 3, "stroke-dasharray": "2.2 2.2" }],
    ["circle", { cx: 8, cy: 8, r: 3.900, fill: "none", stroke: "#7d8c8f", "stroke-width": 2.400 }],
  ],
  "↩": [tile("#2d7fc1"), line("M6.500 4 3.800 6.700l2.700 2.700M4 6.700h5.200a2.700 2.700 0 0 1 0 5.400H7", "#fff", 1.7)],
  "👍": [["path", { d: "M1.800 7h2.700v6.800H1.800ZM5.400 7 7.900 2c1.300 0 2 .9 1.800 2.100L9.300 6.200h3.900c.9 0 1.400.7 1.200 1.500l-1.300 5c-.2.700-.7 1.100-1.400 1.100H5.400Z", fill: "#dfa32c" }]],
  "🟢": [["circle", { cx: 8, cy: 8, r: 6, fill: "#1f8f5f" }]],
  "🔄": [tile("#2d7fc1"), line("M4 8a4 4 0 0 1 6.800-2.800M12 8a4 4 0 0 1-6.800 2.800M11.200 3v2.600H8.600M4.800 13v-2.600h2.600", "#fff", 1.500)],
  "🗑": [
    ["path", { d: "M3.500 5h9l-.8 9.500H4.300Z", fill: "#7d8c8f" }],
    line("M2.500 4.200h11M6.300 2.500h3.400", "#7d8c8f", 1.800),
    line("M6.300 7v5M8 7v5M9.700 7v5", "#fff", 1),
  ],
  "🚨": [
    ["path", { d: "M4 11.500V8a4 4 0 0 1 8 0v3.500Z", fill: "#cf2f45" }],
    ["rect", { x: 2.500, y: 11.500, width: 11, height: 3, rx: 1, fill: "#5d6668" }],
    line("M8 2.200V1M3.700 3.700l-.9-.9M12.300 3.700l.9-.9", "#cf2f45", 1.500),
  ],
  "⚡": [["path", { d: "M9.500 1 3.500 9h4l-1 6 6-8h-4Z", fill: "#dfa32c" }]],
  "🔗": [line("M6.800 9.200 9.200 6.800M7.200 4.800l1.600-1.600a2.600 2.600 0 0 1 4 3.600L11.200 8.400M8.800 11.200l-1.600 1.600a2.600 2.600 0 0 1-4-3.600L4.800 7.600", "#7d8c8f", 1.800)],
  "⏫": [tile("#2d7fc1"), line("m4.500 8 3.500-3.500L11.500 8m-7 4L8 8.500l3.500 3.500", "#fff", 1.800)],
  "🤝": [tile("#5b5aa6"), line("M3 8.500 6 6l2 1.500L10 6l3 2.500M6 10l2 1.500 2-1.500", "#fff", 1.600)],
  "⏰": [["circle", { cx: 8, cy: 8.600, r: 5.800, fill: "#fff", stroke: "#cf2f45", "stroke-width": 2 }], line("M8 5.600v3.200l2 1.400M2 3.200 4 1.500m8 0 2 1.700", "#7a1b2a", 1.5)],
};
const KNOWN = new RegExp(`(${Object.keys(DRAWINGS).join("|")})\\ufe0f?`, "u");

function drawing(sign) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  for (const [tag, attributes] of DRAWINGS[sign]) {
    const shape = document.createElementNS(SVG, tag);
    Object.entries(attributes).forEach(([name, value]) => shape.setAttribute(name, value));
    svg.append(shape);
  }
  return h("span", { class: "emoji" }, svg, h("span", { class: "sr" }, sign));
}

// Text with its emoji drawn; what is not known stays as it is.
export function emojied(text) {
  return text.split(KNOWN).map((part, index) => (index % 2 ? drawing(part) : part)).filter((part) => part !== "");
}
