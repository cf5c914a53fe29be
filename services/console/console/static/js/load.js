// Asking the console for a region from code, as an element with hx-get does.

/** Whether it was answered; what was not has said so to the page already (htmx:sendError). @returns {Promise<boolean>} */
export function load(verb, path, how) {
  return window.htmx.ajax(verb, path, how).then(() => true, () => false);
}
