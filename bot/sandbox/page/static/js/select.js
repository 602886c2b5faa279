// A menu that can be searched: options of its own, or those that the app finds while one types.

import { h, icon, uid } from "./dom.js";

const SETTLES_MS = 160;
const SHORTEST = 3; // min_query_length where an element gives none

function flat(element) {
  const groups = (element.option_groups ?? []).flatMap((group) => group.options);
  return [...(element.options ?? []), ...groups].map(plain);
}

function plain(option) {
  const text = option.text?.text ?? option.text;
  const description = option.description?.text ?? option.description ?? "";
  return { text, value: option.value, description };
}

// `choose(option)` is told of a choice; `search(text)` makes it a menu of the app's.
export function combobox(element, { label, choose, search, clearable = false }) {
  const list = h("ul", { class: "options", role: "listbox", id: uid("options"), "aria-label": "Options", hidden: true });
  const note = h("div", { class: "options-note", role: "status" });
  const input = h("input", {
    class: "field-input select-input",
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: element.placeholder?.text ?? "Choose an option",
    "aria-label": label,
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-autocomplete": "list",
  });
  const popup = h("div", { class: "popup", hidden: true }, note, list);
  const clear = clearable ? h("button", { type: "button", class: "clear", "aria-label": "Clear", hidden: true }, icon("cross")) : null;
  const node = h("div", { class: "select" }, input, clear, icon("down"), popup);

  const menu = { chosen: null, options: [], active: -1, typed: false, asked: 0, timer: null, shownFor: "", sentFor: "" };

  function say(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  function draw() {
    list.replaceChildren(
      ...menu.options.map((option, index) =>
        h(
          "li",
          {
            role: "option",
            id: `${list.id}-${index}`,
            class: "option",
            "aria-selected": String(option.value === menu.chosen?.value),
            onmousedown: (event) => event.preventDefault(),
            onclick: () => pick(option),
          },
          highlighted(option.text, menu.typed ? input.value : ""),
          option.description && h("span", { class: "option-about" }, option.description),
        ),
      ),
    );
    list.hidden = !menu.options.length;
    point(menu.options.length ? Math.max(0, menu.options.findIndex((one) => one.value === menu.chosen?.value)) : -1);
  }

  function point(index) {
    menu.active = index;
    [...list.children].forEach((option, at) => option.classList.toggle("active", at === index));
    if (index >= 0) {
      input.setAttribute("aria-activedescendant", list.children[index].id);
      list.children[index].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  async function look() {
    const text = menu.typed ? input.value : "";
    if (!search) {
      const words = text.trim().toLowerCase();
      menu.options = flat(element).filter((one) => one.text.toLowerCase().includes(words));
      say(menu.options.length ? "" : "No results");
      return draw();
    }
    const shortest = element.min_query_length ?? SHORTEST;
    if (text.length < shortest) {
      menu.options = [];
      say(`Type at least ${shortest} characters.`);
      return draw();
    }
    const turn = ++menu.asked;
    menu.sentFor = text;
    say("Searching…");
    popup.classList.add("busy");
    const found = await search(text);
    if (turn !== menu.asked) return undefined; // somebody typed on meanwhile
    popup.classList.remove("busy");
    menu.options = (found ?? []).map(plain);
    menu.shownFor = text;
    say(menu.options.length ? "" : "No results");
    return isOpen() ? draw() : undefined;
  }

  const isOpen = () => !popup.hidden;

  function openUp() {
    if (isOpen() || input.disabled) return;
    popup.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.select();
    look();
    popup.scrollIntoView({ block: "nearest" });
  }

  function shut() {
    clearTimeout(menu.timer);
    menu.asked += 1;
    menu.typed = false;
    popup.hidden = true;
    popup.classList.remove("busy");
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = menu.chosen?.text ?? "";
  }

  async function pick(option) {
    if (!option) return;
    const stale = search && menu.sentFor !== menu.shownFor;
    const text = menu.shownFor;
    show(option);
    shut();
    if (stale) await search(text); // Slack takes what its last search offered
    choose(option);
  }

  function show(option) {
    menu.chosen = option && plain(option);
    if (!menu.typed) input.value = menu.chosen?.text ?? "";
    input.title = menu.chosen?.text ?? "";
    if (clear) clear.hidden = !menu.chosen;
  }

  const KEYS = {
    ArrowDown: () => (isOpen() ? point(Math.min(menu.active + 1, menu.options.length - 1)) : openUp()),
    ArrowUp: () => (isOpen() ? point(Math.max(menu.active - 1, 0)) : openUp()),
    Enter: () => (isOpen() ? pick(menu.options[menu.active]) : openUp()),
    Escape: () => isOpen() && shut(),
  };

  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !isOpen()) return; // it is the window's
    if (KEYS[event.key] && !event.isComposing) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
  input.addEventListener("input", () => {
    menu.typed = true;
    if (!isOpen()) {
      popup.hidden = false;
      input.setAttribute("aria-expanded", "true");
    }
    clearTimeout(menu.timer);
    menu.timer = setTimeout(look, search ? SETTLES_MS : 0);
  });
  input.addEventListener("click", openUp);
  input.addEventListener("blur", () => isOpen() && shut());
  clear?.addEventListener("click", () => {
    show(null);
    choose(null);
    input.focus();
  });
  if (element.initial_option) show(element.initial_option);
  return { node, input, show: (option) => !menu.typed && show(option) };
}

function highlighted(text, wanted) {
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  if (at < 0) return [h("span", {}, text)];
  const end = at + wanted.length;
  return [h("span", {}, text.slice(0, at), h("mark", {}, text.slice(at, end)), text.slice(end))];
}
