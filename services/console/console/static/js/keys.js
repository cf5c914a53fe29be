// Shortcuts by the physical key, so that the keyboard's layout does not matter. Each is declared by the element it
// presses: data-key="F2", "Alt+KeyQ", "KeyX". Plain letters work outside of text fields alone.

/** @param {KeyboardEvent} event */
export function chord(event) {
  return (event.ctrlKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + event.code;
}

/** @param {EventTarget|null} element whether somebody types into it */
export function typing(element) {
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement
    || (element instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit"].includes(element.type));
}

function reach() {
  const open = [...document.querySelectorAll("dialog[open]")].at(-1);
  return open ? [open, ...(open.id === "lock" ? [] : [document])] : [document];
}

document.addEventListener("keydown", (event) => {
  const pressed = chord(event);
  const plainLetter = /^(Key|Digit)/.test(pressed);
  const ofText = pressed === "Enter" || pressed === "Escape";
  if (event.defaultPrevented || (plainLetter && typing(event.target)) || ofText) return;
  for (const root of reach()) {
    const found = [...root.querySelectorAll(`[data-key="${CSS.escape(pressed)}"]`)].find((one) => root !== document || !one.closest("dialog"));
    if (!found) continue;
    if (root === document && document.querySelector("dialog[open]") && plainLetter) return;
    event.preventDefault();
    if (pressed === "F2") document.querySelectorAll("dialog[open]").forEach((one) => one.close());
    if (pressed === "F2" && found.closest("nav") && location.pathname === "/hall") return;
    found.click();
    return;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.code !== "Slash" || typing(event.target) || document.querySelector("dialog[open]")) return;
  const search = document.querySelector('[data-search="/"]');
  if (search) { event.preventDefault(); search.focus(); }
});
