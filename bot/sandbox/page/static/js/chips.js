// What is chosen in a menu of several: a list, and a button at each that takes it out.

import { h, icon } from "./dom.js";

// `remove(value)` is told which; the focus goes to the next one, or back to `input`.
export function chips({ remove, input }) {
  const node = h("ul", { class: "chips", "aria-label": "Chosen", hidden: true });
  const live = h("span", { class: "sr", role: "status" });
  let held = null;

  function takeOut(option, index) {
    const here = node.contains(document.activeElement);
    remove(option.value);
    const left = node.querySelectorAll("button");
    if (here) (left[Math.min(index, left.length - 1)] ?? input).focus();
  }

  function chip(option, index) {
    return h(
      "li",
      { class: "chip", title: option.text },
      h("span", { class: "chip-text" }, option.text),
      h(
        "button",
        {
          type: "button",
          class: "chip-out",
          "aria-label": `Remove ${option.text}`,
          // The menu would close under the finger, and the button move away from it.
          onmousedown: (event) => event.preventDefault(),
          onclick: () => takeOut(option, index),
        },
        icon("cross"),
      ),
    );
  }

  function show(options) {
    const sign = JSON.stringify(options.map((one) => one.value));
    if (sign === held) return;
    // Nothing was done yet when a form is drawn: there is nothing to announce.
    if (held !== null) live.textContent = options.length ? `${options.length} chosen.` : "Nothing is chosen.";
    held = sign;
    node.hidden = !options.length;
    node.replaceChildren(...options.map(chip));
  }

  return { node, live, show };
}
