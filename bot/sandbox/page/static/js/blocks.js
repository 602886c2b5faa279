// Block Kit in messages, windows and App Homes. `place` says what a button press means there.

import { askFirst } from "./confirm.js";
import { h, icon } from "./dom.js";
import { choices, inputBlock } from "./fields.js";
import { textObject } from "./mrkdwn.js";
import { richText } from "./rich.js";
import { combobox } from "./select.js";

function button(element, block, place) {
  const style = element.style ? ` button-${element.style}` : "";
  const node = h(
    "button",
    {
      type: "button",
      class: `button${style}`,
      "aria-label": element.accessibility_label,
      // What this button is, whatever ids its block is given when it is drawn again.
      "data-act": element.action_id,
      "data-value": element.value ?? "",
    },
    textObject(element.text),
  );
  node.addEventListener("click", async () => {
    if (node.getAttribute("aria-busy")) return;
    if (element.confirm && !(await askFirst(element.confirm, node))) return;
    // Not disabled: that would take the keyboard's place away from whoever pressed it.
    node.setAttribute("aria-busy", "true");
    await place.click(`${block.block_id}/${element.action_id}`);
    node.removeAttribute("aria-busy");
  });
  return node;
}

function menu(element, block, place) {
  const field = `${block.block_id}/${element.action_id}`;
  return combobox(element, {
    label: element.placeholder?.text ?? "Menu",
    choose: (options) => place.select(field, options.map((one) => one.value)),
  }).node;
}

function boxes(element, block, place) {
  const made = choices(element, { choose: (wanted) => place.select(`${block.block_id}/${element.action_id}`, wanted) });
  made.node.setAttribute("aria-label", block.text?.text ?? "Choices");
  const first = element.initial_options ?? (element.initial_option ? [element.initial_option] : []);
  made.show({ selected_options: first });
  return made.node;
}

function image(element) {
  // Pictures would come from elsewhere; what they show is said instead.
  return h("span", { class: "picture", role: "img", "aria-label": element.alt_text }, element.alt_text);
}

const ELEMENTS = { button, static_select: menu, multi_static_select: menu, checkboxes: boxes, radio_buttons: boxes, image };

function element(one, block, place) {
  return (ELEMENTS[one.type] ?? (() => h("span", { class: "unknown" }, `[${one.type}]`)))(one, block, place);
}

function section(block, place) {
  return h(
    "div",
    { class: "section" },
    h(
      "div",
      { class: "section-main" },
      block.text && h("div", { class: "text" }, textObject(block.text)),
      block.fields && h("div", { class: "facts" }, block.fields.map((field) => h("div", { class: "fact" }, textObject(field)))),
    ),
    block.accessory && h("div", { class: "accessory" }, element(block.accessory, block, place)),
  );
}

function context(block) {
  return h(
    "div",
    { class: "context" },
    block.elements.map((one) => (one.type === "image" ? image(one) : h("span", { class: "context-part" }, textObject(one)))),
  );
}

// Standard Markdown, as far as messages need it: headings, lists, code, emphasis.
function markdown(block) {
  const parts = block.text.split(/(```[\s\S]*?```)/);
  return h(
    "div",
    { class: "rich" },
    parts.flatMap((part) => {
      if (part.startsWith("```")) return [h("pre", { class: "code" }, part.replace(/^```\w*\n?|\n?```$/g, ""))];
      return part.split(/\n{2,}/).filter((one) => one.trim()).map(paragraph);
    }),
  );
}

function emphasised(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**") && part.length > 4) return h("strong", {}, part.slice(2, -2));
    return part.startsWith("`") && part.length > 2 ? h("code", {}, part.slice(1, -1)) : part;
  });
}

function paragraph(text) {
  const lines = text.trim().split("\n");
  if (lines.every((line) => /^[-*] /.test(line))) {
    return h("ul", { class: "points" }, lines.map((line) => h("li", {}, emphasised(line.slice(2)))));
  }
  if (/^#{1,6} /.test(lines[0])) return h("p", { class: "heading" }, emphasised(lines.join(" ").replace(/^#+ /, "")));
  return h("p", {}, lines.flatMap((line, index) => (index ? [h("br"), ...emphasised(line)] : emphasised(line))));
}

function alert(block) {
  return h("div", { class: `notice notice-${block.level ?? "info"}`, role: "note" }, icon("warn"), h("div", {}, textObject(block.text)));
}

function table(block) {
  const cell = (one) => (one.type === "rich_text" ? richText(one) : String(one.text ?? ""));
  return h("table", { class: "table" }, h("tbody", {}, block.rows.map((row) => h("tr", {}, row.map((one) => h("td", {}, cell(one)))))));
}

// A block of a kind that came later is read by the texts in it, so that it is never invisible.
function unknown(block) {
  const found = [];
  const look = (value) => {
    if (Array.isArray(value)) value.forEach(look);
    else if (value && typeof value === "object") {
      if (value.type === "plain_text" || value.type === "mrkdwn") found.push(value);
      else Object.values(value).forEach(look);
    }
  };
  look(block);
  return h("div", { class: "section" }, found.map((one) => h("div", { class: "text" }, textObject(one))));
}

const BLOCKS = {
  section,
  context,
  alert,
  table,
  markdown,
  image,
  rich_text: richText,
  divider: () => h("hr", { class: "divider" }),
  header: (block) => h("h3", { class: "header-block" }, textObject(block.text)),
  actions: (block, place) => h("div", { class: "actions" }, block.elements.map((one) => element(one, block, place))),
  input: (block, place) => inputBlock(block, place),
};

export function renderBlock(block, place) {
  const node = (BLOCKS[block.type] ?? unknown)(block, place);
  node.classList.add("block", `block-${block.type.replaceAll("_", "-")}`);
  return node;
}

export function renderBlocks(blocks, place) {
  return blocks.map((block) => renderBlock(block, place));
}
