// One event stream for all tabs of a browser: HTTP/1.1 allows six connections
// to a server, and one endless one per tab would use them up.
"use strict";
var ports = [], stream = null, on = false, was = false, wait = 1000;
function tell(m) { ports.forEach(function (p) { p.postMessage(m); }); }
function open(url) {
  stream = new EventSource(url, { withCredentials: true });
  stream.onopen = function () {
    on = true; wait = 1000;
    tell({ type: "state", on: true });
    if (was) tell({ type: "resync" }); // something may have happened meanwhile
    was = true;
  };
  stream.onerror = function () {
    if (on) { on = false; tell({ type: "state", on: false }); }
    if (stream.readyState === 2) { // refused, for example signed out or shutting down: try again, slower and slower
      stream = null;
      setTimeout(function () { if (ports.length && !stream) open(url); }, wait);
      wait = Math.min(wait * 2, 30000);
    }
  };
  stream.addEventListener("change", function (e) { var d = JSON.parse(e.data); tell({ type: "change", record: d.record, version: d.version }); });
  stream.addEventListener("resync", function () { tell({ type: "resync" }); });
}
onconnect = function (e) {
  var port = e.ports[0];
  port.onmessage = function (m) {
    if (m.data.bye) {
      ports = ports.filter(function (p) { return p !== port; });
      if (!ports.length && stream) { stream.close(); stream = null; on = false; was = false; }
      return;
    }
    if (ports.indexOf(port) < 0) ports.push(port);
    if (!stream) open(m.data.url);
    port.postMessage({ type: "state", on: on });
  };
  port.start();
};
