// The part of Markdown that Teams reads in a TextBlock: whoever writes markup there is to see that it works.

import { h } from "../dom.js";

const MARKS = /\*\*(.+?)\*\*|[*_](.+?)[*_]|\[([^\]]+)\]\(([^)\s]+)\)/;

export function markdown(text) {
  const made = [];
  let rest = text;
  for (let found = MARKS.exec(rest); found; found = MARKS.exec(rest)) {
    const [whole, bold, italic, label, address] = found;
    made.push(rest.slice(0, found.index));
    if (bold) made.push(h("strong", {}, bold));
    else if (italic) made.push(h("em", {}, italic));
    else made.push(h("span", { class: "link", title: address }, label));
    rest = rest.slice(found.index + whole.length);
  }
  return [...made, rest];
}
