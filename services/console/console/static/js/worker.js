// One EventSource for all tabs of this browser: HTTP/1.1 allows six connections a host.

const ports = new Set();
let source = null;
let last = Date.now();

function open(url) {
  source?.close();
  source = new EventSource(url);
  for (const name of ["device.changed", "layout.changed", "resync", "sale.changed", "shift.changed", "client.changed",
    "receipt.changed", "register.changed", "manual_payment.changed", "clock", "heartbeat", "upstream.down", "upstream.up"]) {
    source.addEventListener(name, (event) => tell({ name, data: event.data }));
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
    else if (data.url && (!source || source.url !== new URL(data.url, self.location).href)) open(data.url);
  };
  port.postMessage({ name: "last", at: last });
};
