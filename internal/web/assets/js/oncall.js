// On-call calendar: a drag over the picture, or a click on a shift, opens the
// override form with its times filled in. Without this the buttons and the
// list below the picture do the same. Fingers scroll and never drag.
(function () {
  "use strict";
  var NS = "http://www.w3.org/2000/svg", drag = null;
  function make(svg, name, cls) { var el = document.createElementNS(NS, name); el.setAttribute("class", cls); svg.appendChild(el); return el; }
  function time(svg, x) {
    var box = svg.getBoundingClientRect(), from = +svg.dataset.ekFrom, to = +svg.dataset.ekTo, snap = svg.dataset.ekSnap * 60000;
    var t = from + (to - from) * Math.min(1, Math.max(0, (x - box.left) / box.width));
    return Math.min(to, Math.max(from, from + Math.round((t - from) / snap) * snap));
  }
  function open(svg, from, to) {
    var iso = function (t) { return new Date(t).toISOString().slice(0, 19) + "Z"; };
    location.href = svg.dataset.ekCover + "?from=" + encodeURIComponent(iso(from)) + "&to=" + encodeURIComponent(iso(to));
  }
  function stop() { if (drag) { if (drag.rect) { drag.rect.remove(); drag.text.remove(); } drag = null; } }
  document.addEventListener("pointerdown", function (e) {
    var svg = e.target.closest && e.target.closest("svg[data-ek-cover]");
    if (!svg || e.button || e.pointerType === "touch") return;
    drag = { svg: svg, x: e.clientX, bar: e.target.closest(".ek-ln-bar"), from: time(svg, e.clientX) };
    e.preventDefault();
  });
  document.addEventListener("pointermove", function (e) {
    if (!drag || !drag.rect && Math.abs(e.clientX - drag.x) < 5) return;
    if (!drag.svg.isConnected) { stop(); return; } // the page refreshed itself below the pointer
    var svg = drag.svg, from = +svg.dataset.ekFrom, all = svg.dataset.ekTo - from;
    drag.to = time(svg, e.clientX);
    if (!drag.rect) {
      drag.rect = make(svg, "rect", "ek-ln-sel"); drag.text = make(svg, "text", "ek-ln-says");
      drag.rect.setAttribute("y", 30); drag.rect.setAttribute("height", svg.height.baseVal.value - 30);
    }
    var a = Math.min(drag.from, drag.to), b = Math.max(drag.from, drag.to), x = 100 * (a - from) / all;
    drag.rect.setAttribute("x", x + "%"); drag.rect.setAttribute("width", 100 * (b - a) / all + "%");
    var say = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", hour: "2-digit", minute: "2-digit", timeZone: svg.dataset.ekIn });
    drag.text.textContent = say.format(a) + " – " + say.format(b);
    drag.text.setAttribute("x", Math.min(x, 80) + "%"); drag.text.setAttribute("dx", 4); drag.text.setAttribute("y", 44);
  });
  document.addEventListener("pointerup", function () {
    if (!drag) return;
    var d = drag;
    stop();
    if (d.rect && d.to !== d.from) open(d.svg, Math.min(d.from, d.to), Math.max(d.from, d.to));
    else if (!d.rect && d.bar && d.bar.dataset.from) open(d.svg, Date.parse(d.bar.dataset.from), Date.parse(d.bar.dataset.until));
  });
  // Narrow windows scroll the picture: now comes into sight.
  function show() {
    document.querySelectorAll(".ek-ln-scroll").forEach(function (el) {
      var now = el.querySelector(".ek-ln-now, .ek-ln-sel");
      if (now && !el.scrollLeft && el.scrollWidth > el.clientWidth) el.scrollLeft = el.scrollWidth * parseFloat(now.getAttribute("x1") || now.getAttribute("x")) / 100 - el.clientWidth / 2;
    });
  }
  show();
  document.addEventListener("ek:swapped", show);
  document.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", function (e) { if (e.key === "Escape") stop(); });
})();
