// One EventSource for all tabs of this browser: HTTP/1.1 allows six connections a host.

const ports = new Set();
let source = null, followed = "";
let last = Date.now();
/** The hall's last change that was heard; null before the first. */
let hall = null;

/** @param {string} url @param {string} [after] the hall's last change that the page was drawn with */
function open(url, after) {
  source?.close();
  followed = url;
  hall = after ? Number(after) : null;
  source = new EventSource(after ? `${url}&hall=${after}` : url);
  for (const name of ["device.changed", "layout.changed", "resync", "sale.changed", "shift.changed", "client.changed",
    "receipt.changed", "register.changed", "manual_payment.changed", "clock", "heartbeat", "upstream.down", "upstream.up"]) {
    source.addEventListener(name, (event) => {
      const told = /hall=(\d+)/.exec(event.lastEventId);
      if (told) hall = Number(told[1]);
      tell({ name, data: event.data });
    });
  }
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(() => open(url), 3000); };
}

function tell(message) {
  last = Date.now();
  for (const port of ports) port.postMessage({ ...message, at: last });
}

self.onconnect = (event) => {
  const [port] = event.ports;
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data.bye) ports.delete(port);
    else if (data.url && data.url !== followed) open(data.url, data.after);
    // What was told between the drawing of this page and now went to the other tabs alone.
    else if (data.after && (hall === null || hall > Number(data.after))) port.postMessage({ name: "resync", at: last });
  };
  port.postMessage({ name: "last", at: last });
};
