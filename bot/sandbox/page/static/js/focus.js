// Where the keyboard stands, so that it stands there again after a part of the page was drawn anew.

const LASTING = [".thread-link", ".reply"]; // parts of a message that are still there when it changes

// Returns selectors, the most exact first, for the control inside `node` that has the focus.
export function held(node) {
  const active = document.activeElement;
  if (!node.contains(active)) return null;
  const { act, value } = active.dataset;
  if (!act) return LASTING.filter((one) => active.matches(one));
  const same = `[data-act="${CSS.escape(act)}"]`;
  return [`${same}[data-value="${CSS.escape(value)}"]`, same];
}

// Puts the focus back, unless somebody took it elsewhere meanwhile.
export function giveBack(selectors, node) {
  if (!selectors || !node || document.activeElement !== document.body) return;
  const found = selectors.map((one) => node.querySelector(one)).find(Boolean);
  (found ?? node).focus({ preventScroll: Boolean(found) });
}
