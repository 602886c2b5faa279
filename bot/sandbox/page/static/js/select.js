// A menu that can be searched: options of its own, or those that the app finds while one types. A
// menu of several keeps what was chosen in front of it, each with a button that takes it out again.

import { chips } from "./chips.js";
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

// `choose(options)` is told of all that is chosen now; `search(text)` makes it a menu of the app's.
export function combobox(element, { label, choose, search, clearable = false }) {
  const several = element.type.startsWith("multi_");
  const most = several ? (element.max_selected_items ?? Infinity) : 1;
  const list = h("ul", {
    class: "options",
    role: "listbox",
    id: uid("options"),
    "aria-label": "Options",
    "aria-multiselectable": several ? "true" : null,
    hidden: true,
  });
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
    "data-several": several,
  });
  const popup = h("div", { class: "popup", hidden: true }, note, list);
  const clear = clearable && !several ? h("button", { type: "button", class: "clear", "aria-label": "Clear", hidden: true }, icon("cross")) : null;
  const taken = several ? chips({ remove: (value) => settle(menu.chosen.filter((one) => one.value !== value)), input }) : null;
  const box = h("div", { class: "select-box" }, input, clear, icon("down"), popup);
  const node = h("div", { class: several ? "select select-several" : "select" }, taken?.node, taken?.live, box);

  const menu = { chosen: [], options: [], active: -1, typed: false, asked: 0, timer: null, shownFor: "", sentFor: "", sending: 0 };
  const isChosen = (option) => menu.chosen.some((one) => one.value === option.value);
  const words = () => (several ? "" : (menu.chosen[0]?.text ?? ""));

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
            "aria-selected": String(isChosen(option)),
            onmousedown: (event) => event.preventDefault(),
            onclick: () => pick(option),
          },
          highlighted(option.text, menu.typed ? input.value : ""),
          option.description && h("span", { class: "option-about" }, option.description),
        ),
      ),
    );
    list.hidden = !menu.options.length;
    const first = menu.options.findIndex((one) => (several ? !isChosen(one) : isChosen(one)));
    point(menu.options.length ? Math.max(0, first) : -1);
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
      const wanted = text.trim().toLowerCase();
      menu.options = flat(element).filter((one) => one.text.toLowerCase().includes(wanted));
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
    input.value = words();
  }

  async function pick(option) {
    if (!option) return;
    if (!several) {
      const stale = search && menu.sentFor !== menu.shownFor;
      const text = menu.shownFor;
      show([option]);
      shut();
      if (stale) await search(text); // Slack takes what its last search offered
      choose([option]);
    } else if (isChosen(option)) settle(menu.chosen.filter((one) => one.value !== option.value));
    else if (menu.chosen.length >= most) say(`At most ${most}: take one out first.`);
    else settle([...menu.chosen, option]);
  }

  // Of a menu of several: what is chosen now. What was searched stays, since more of it may be wanted.
  async function settle(options) {
    show(options);
    if (isOpen()) {
      const at = menu.active;
      draw();
      point(Math.min(at, menu.options.length - 1));
    }
    menu.sending += 1;
    await choose(menu.chosen);
    menu.sending -= 1;
  }

  function show(options) {
    menu.chosen = (options ?? []).map(plain);
    taken?.show(menu.chosen);
    if (several) return;
    if (!menu.typed) input.value = words();
    input.title = words();
    if (clear) clear.hidden = !menu.chosen.length;
  }

  const KEYS = {
    ArrowDown: () => (isOpen() ? point(Math.min(menu.active + 1, menu.options.length - 1)) : openUp()),
    ArrowUp: () => (isOpen() ? point(Math.max(menu.active - 1, 0)) : openUp()),
    Enter: () => (isOpen() ? pick(menu.options[menu.active]) : openUp()),
    Escape: () => isOpen() && shut(),
  };

  function takeBack(event) {
    if (event.key === "Backspace" && !input.value && menu.chosen.length) settle(menu.chosen.slice(0, -1));
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !isOpen()) return; // it is the window's
    if (several) takeBack(event);
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
    show([]);
    choose([]);
    input.focus();
  });
  show(element.initial_options ?? (element.initial_option && [element.initial_option]));
  // What comes back while a choice is on its way is older than what was chosen.
  return { node, input, show: (options) => (several ? !menu.sending : !menu.typed) && show(options) };
}

function highlighted(text, wanted) {
  const at = wanted ? text.toLowerCase().indexOf(wanted.toLowerCase()) : -1;
  if (at < 0) return [h("span", {}, text)];
  const end = at + wanted.length;
  return [h("span", {}, text.slice(0, at), h("mark", {}, text.slice(at, end)), text.slice(end))];
}
