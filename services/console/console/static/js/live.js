// What the services tell, as events on the page: regions name the ones that they are drawn anew after.
// A change of a device comes with all that its tile shows.

/** The server's clock against ours, in ms. */
export let ahead = 0;
/** When the server was last heard. */
export let heard = Date.now();

/** @param {{name: string, data?: string, at: number}} message */
function take(message) {
  heard = message.name === "last" ? heard : Date.now();
  let detail = {};
  try { detail = message.data ? JSON.parse(message.data) : {}; } catch { return; }
  if (message.name === "clock") ahead = new Date(detail.now) - Date.now();
  document.body.dispatchEvent(new CustomEvent(message.name, { detail, bubbles: true }));
}

const AGAIN_MS = 2000;

/** Joins the stream of all tabs; a worker that could not be loaded is tried again. @param {string} live @param {string} worker */
function join(live, worker) {
  const shared = new SharedWorker(worker, { name: "savepoint" });
  shared.onerror = () => setTimeout(() => join(live, worker), AGAIN_MS);
  shared.port.onmessage = (event) => take(event.data);
  shared.port.postMessage({ url: live, after: document.querySelector("[data-seq]")?.dataset.seq });
  addEventListener("pagehide", () => shared.port.postMessage({ bye: true }));
}

const { live, worker } = document.body.dataset;
if (live && "SharedWorker" in window) {
  join(live, worker);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}
