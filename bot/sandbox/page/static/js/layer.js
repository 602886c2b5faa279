// A window over one person's Slack: what lies below is out of reach, Tab stays inside, Escape leaves,
// and the focus goes back to where it came from.

import { h } from "./dom.js";

const FOCUSABLE =
  'button:not([disabled]), input:not([disabled]), textarea:not([disabled]), select:not([disabled]), [tabindex="0"]';

function focusables(box) {
  return [...box.querySelectorAll(FOCUSABLE)].filter((one) => one.offsetParent !== null);
}

function keepInside(event, box) {
  const inside = focusables(box);
  if (event.key !== "Tab" || !inside.length) return;
  const [first, last] = [inside[0], inside.at(-1)];
  const leaving = event.shiftKey ? document.activeElement === first : document.activeElement === last;
  if (leaving || !box.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

// `near` is any element of the Slack to cover. Stacked layers make those below inert.
export function open(box, { near, first, escape, closed = () => {} }) {
  const slack = near.closest(".slack");
  const came = document.activeElement;
  const below = [...slack.children].filter((one) => !one.inert && !one.matches(".sr"));
  below.forEach((one) => (one.inert = true));
  const layer = h("div", { class: "layer" }, box);
  layer.addEventListener("keydown", (event) => {
    keepInside(event, box);
    if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      escape();
    }
  });
  slack.append(layer);
  // Whoever works in the other Slack keeps the focus there.
  const mine = () => slack.contains(document.activeElement) || document.activeElement === document.body;
  if (mine() || slack.contains(came)) (first ?? focusables(box)[0])?.focus();
  return {
    close() {
      const had = mine();
      layer.remove();
      below.forEach((one) => (one.inert = false));
      if (had) goBack(came, slack);
      closed();
    },
  };
}

function goBack(came, slack) {
  const there = came && came.isConnected && slack.contains(came) && came !== document.body;
  (there ? came : slack.querySelector(".composer-input, .pane-title"))?.focus();
}
