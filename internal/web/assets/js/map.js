// The map: draws what the server has placed with Cytoscape, so that one can
// move about in it. Boxes stand where the server's picture has them. Opening a
// box asks the server for the page with that box open and takes over its
// parts, so the address always holds all of the state. Without this script the
// page shows the server's picture, and its links do the same.
(function () {
  "use strict";
  var pane = document.getElementById("ek-map");
  if (!pane) return;
  var cy, data, chosen = null, busy = null, still = matchMedia("(prefers-reduced-motion: reduce)");
  var side = document.getElementById("ek-map-side"), live = document.getElementById("ek-map-live");

  function read(doc) { var el = doc.getElementById("ek-map-data"); return el ? JSON.parse(el.textContent) : null; }
  function css(name) { return getComputedStyle(document.body).getPropertyValue("--" + name).trim(); }

  // Looks are [ground, edge, width of the edge, dashed], as in map.css.
  function looks() {
    var l = { plain: ["surface", "line-2", 1.2], quiet: ["surface", "line", 1.2], frame: ["sunken", "line-2", 1], group: ["sunken", "hatch-a", 1.3, 1], "group-risk": ["sunken", "amber", 1.3, 1],
      "group-down": ["sunken", "red", 1.3, 1], "group-degraded": ["sunken", "orange", 1.3, 1], down: ["red-soft", "red", 1.3], degraded: ["orange-soft", "orange", 1.3], risk: ["surface", "amber", 1.3, 1],
      exposed: ["sunken", "hatch-a", 1.2], "tier-0": ["accent-line", "accent", 1.6], "tier-1": ["accent-soft", "accent", 1], "tier-2": ["accent-soft", "line-2", 1], "tier-3": ["surface", "line-2", 1.2], "hue-0": ["surface", "line-2", 1.2] };
    for (var i = 1; i < 7; i++) l["hue-" + i] = ["av" + i, "line-2", 1.2];
    return l;
  }
  var shapes = {
    ok: '<circle cx="4.5" cy="4.5" r="4" fill="C"/>', degraded: '<circle cx="4.5" cy="4.5" r="3.7" fill="none" stroke="C" stroke-width="1.4"/><path d="M.8 4.5h7.4a3.7 3.7 0 0 1-7.4 0z" fill="C"/>',
    down: '<path d="M0 1.5h9L4.5 9z" fill="C"/>', risk: '<path d="M4.5.6 8.8 8.4H.2z" fill="none" stroke="C" stroke-width="1.3" stroke-linejoin="round"/>',
    exposed: '<path d="M4.5.5 8.5 4.5 4.5 8.5.5 4.5z" fill="none" stroke="C" stroke-width="1.3"/>', unknown: '<circle cx="4.5" cy="4.5" r="3.5" fill="none" stroke="C" stroke-width="1.2" stroke-dasharray="2 1.6"/>',
    none: '<path d="M1.5 4.5h6" stroke="C" stroke-width="1.4"/>'
  }, tones = { ok: "green", degraded: "orange", down: "red", risk: "amber", exposed: "ink-3", unknown: "ink-3", none: "hatch-a" };
  function glyph(name) {
    return "data:image/svg+xml;utf8," + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="36" height="36" viewBox="0 0 9 9">' + shapes[name].replace(/C"/g, css(tones[name]) + '"') + "</svg>");
  }

  function style() {
    var ink = css("ink"), grey = css("hatch-a"), many = data.boxes.length > 500, out = [
      { selector: "node", style: { shape: "round-rectangle", "corner-radius": 6, width: "data(w)", height: "data(h)", label: "data(label)", color: ink, "font-family": css("font").replace(/"/g, ""), "font-size": 12.5, "font-weight": 500, "line-height": 1.3,
        "text-wrap": "wrap", "text-max-width": 400, "text-justification": "left", "text-halign": "right", "text-valign": "center", "text-margin-x": "data(mx)", "text-margin-y": "data(my)", "min-zoomed-font-size": 6, "background-color": css("surface"), "overlay-opacity": 0, "text-events": "no" } },
      { selector: ":parent", style: { "corner-radius": 8, "text-valign": "top", padding: 12, "min-width": "data(iw)", "min-width-bias-left": 0, "min-width-bias-right": 100, "min-height": "data(ih)", "min-height-bias-top": 100, "min-height-bias-bottom": 0, "compound-sizing-wrt-labels": "exclude", "z-compound-depth": "bottom" } },
      { selector: "edge", style: { width: 1.2, "line-color": grey, "target-arrow-color": grey, "target-arrow-shape": "triangle", "arrow-scale": .75, "curve-style": "straight", "line-style": "dashed", "line-dash-pattern": [5, 3], "source-endpoint": "data(s)", "target-endpoint": "data(t)", "overlay-opacity": 0, "z-compound-depth": "auto" } },
      { selector: "edge[?hard]", style: { "line-style": "solid" } },
      { selector: "edge[?hit]", style: { width: 1.8, "line-color": css("orange"), "target-arrow-color": css("orange") } },
      { selector: "edge[?bent]", style: { "curve-style": "unbundled-bezier", "edge-distances": "endpoints", "control-point-distances": "data(cd)", "control-point-weights": "data(cw)" } }
    ], l = looks();
    if (dense(data)) out.push({ selector: "edge", style: { "curve-style": "haystack", "haystack-radius": 0, "line-style": "solid", width: .7, "line-opacity": .55, "z-compound-depth": "bottom" } },
      { selector: "edge[?hard]", style: { width: 1.2 } }, { selector: "edge[?hit]", style: { width: 1.6, "line-opacity": 1 } });
    Object.keys(l).forEach(function (k) { out.push({ selector: 'node[look="' + k + '"]', style: { "background-color": css(l[k][0]), "border-color": css(l[k][1]), "border-width": l[k][2], "border-style": l[k][3] ? "dashed" : "solid", "border-dash-pattern": [4, 3] } }); });
    if (many) out.push({ selector: 'node[look="plain"]', style: { "background-color": css("grey-soft") } }); // seen from afar
    Object.keys(shapes).forEach(function (k) { out.push({ selector: 'node[glyph="' + k + '"]', style: { "background-image": glyph(k), "background-width": 10, "background-height": 10, "background-position-x": 9, "background-position-y": 9, "background-clip": "none" } }); });
    out.push({ selector: "node[?sub]", style: { label: "data(label)", "background-opacity": 0, "border-width": 0, color: css("ink-3"), "font-size": 10.5, "font-weight": 400, "text-margin-y": 0, "text-halign": "right", "text-margin-x": "data(mx)", width: "data(w)", height: "data(h)", events: "no", "z-compound-depth": "top", "z-index": 2 } }, { selector: 'node[tone="-risk"]', style: { color: css("amber-ink"), "font-weight": 600 } }, { selector: 'node[tone="-down"]', style: { color: css("red-ink"), "font-weight": 600 } }, { selector: 'node[tone="-degraded"]', style: { color: css("orange-ink"), "font-weight": 600 } });
    if (!many) out.push({ selector: "node[?more]", style: { ghost: "yes", "ghost-offset-x": 3, "ghost-offset-y": 3, "ghost-opacity": .55 } });
    out.push({ selector: "node[?focus]", style: { "border-color": css("accent"), "border-width": 2.4, "border-style": "solid" } },
      { selector: "edge.ek-near", style: { width: 2, "line-color": css("accent"), "target-arrow-color": css("accent"), "z-index": 9 } },
      { selector: "node:selected", style: { "outline-color": css("accent"), "outline-width": 3, "outline-offset": 2, "outline-opacity": 1 } });
    return out;
  }

  // fine tells whether the small lines are drawn: of thousands nobody reads them.
  function fine(d) { return d.boxes.length <= 500; }
  var ruler = document.createElement("canvas").getContext("2d");
  function wide(s, size) { ruler.font = "500 " + size + "px " + css("font"); return ruler.measureText(s).width; }
  function boxes() { return cy.nodes("[!sub]"); }

  function elements(d) {
    var at = {}, out = [], straight = dense(d);
    held = {};
    d.boxes.forEach(function (b) {
      at[b.id] = b;
      var n = { id: b.id, w: b.w, h: b.h, label: b.name, mx: -(b.w - (b.group ? 12 : 24)), look: b.look, iw: b.w - 24, ih: b.h - 24, more: b.parts && !b.frame, focus: b.focus, box: b };
      n.my = b.frame ? 20 : b.under && fine(d) ? -7 : 0;
      if (b.in) n.parent = b.in;
      if (b.glyph) n.glyph = b.glyph;
      out.push({ group: "nodes", data: n, position: { x: b.x + b.w / 2, y: b.y + b.h / 2 }, grabbable: false });
      if (!b.under || !fine(d)) return;
      // One label has one size, so the small line below the name, or beside it in a frame, is a label of its own.
      var y = b.group || b.frame ? b.y + 15 : b.y + b.h / 2 + 8, mx = -(b.w - 24);
      if (b.group) mx = -wide(b.under, 10.5) - 10; else if (b.frame) mx = -(b.w - 34 - wide(b.name, 12.5));
      out.push({ group: "nodes", data: { id: b.id + " sub", sub: true, tone: b.group ? b.look.replace("group", "") : "", w: b.w, h: 12, mx: mx, label: b.under }, position: { x: b.x + b.w / 2, y: y }, grabbable: false, selectable: false });
    });
    d.lines.forEach(function (l) {
      var w = l.way, s = w[0], t = w[w.length - 1], from = at[l.from], e = { id: l.id, source: l.from, target: l.to, hard: l.hard, hit: l.hit, says: l.says, s: s[0] <= from.x + 1 ? "-50% 0%" : "50% 0%", t: t[0] <= at[l.to].x + 1 ? "-50% 0%" : "50% 0%" };
      var vx = t[0] - s[0], vy = t[1] - s[1], len = Math.sqrt(vx * vx + vy * vy), cd = [], cw = [];
      for (var i = 1; len && !straight && i < w.length; i++) {
        var mid = (w[i][0] + w[i - 1][0]) / 2, level = w[i][1] === w[i - 1][1];
        if (level && w.length === 2) continue;
        (level ? [w[i]] : [[mid, w[i - 1][1]], [mid, w[i][1]]]).forEach(function (p) {
          if (p === t) return;
          var px = p[0] - s[0], py = p[1] - s[1];
          cw.push((px * vx + py * vy) / (len * len)); cd.push((-px * vy + py * vx) / len);
        });
      }
      if (cd.length) { e.bent = true; e.cd = cd; e.cw = cw; }
      if (!straight) { out.push({ group: "edges", data: e }); return; }
      [l.from, l.to].forEach(function (id) { (held[id] = held[id] || []).push({ group: "edges", data: e }); });
    });
    return out;
  }

  // view is how the map is shown at first, by the server's sizes, because to
  // measure thousands of labels would take seconds: whole, or, where it were too
  // small to read, from the focus or the left edge on, as high as what is there.
  var bar = 44; // room of the buttons below
  function view(w) {
    var z = Math.min(1, (w - 32) / Math.max(data.w, 1)), x = (w - data.w * z) / 2, top = 0, end = data.h, whole = true;
    if (z < .55 && data.boxes.length < 150) {
      z = .75;
      var f = data.boxes.filter(function (b) { return b.focus; })[0], from = f ? f.x + f.w / 2 - w / z / 2 : -16 / z;
      from = Math.max(-16 / z, Math.min(from, data.w + 16 / z - w / z));
      var seen = data.boxes.filter(function (b) { return b.x < from + w / z && b.x + b.w > from; });
      whole = false; x = -from * z; top = Math.min.apply(null, seen.map(function (b) { return b.y; })); end = Math.max.apply(null, seen.map(function (b) { return b.y + b.h; }));
    }
    return { z: z, x: x, top: top, h: end - top, whole: whole };
  }
  function fit() {
    var w = cy.width(), h = cy.height() - bar, v = view(w), z = v.whole ? Math.min(v.z, (h - 24) / v.h) : v.z;
    cy.minZoom(Math.min(.1, z * .8));
    cy.viewport({ zoom: z, pan: { x: v.whole ? (w - data.w * z) / 2 : v.x, y: Math.max(14, (h + 12 - v.h * z) / 2) - v.top * z } });
  }
  function height() {
    var v = view(pane.clientWidth);
    pane.style.height = Math.round(Math.max(150, Math.min(v.h * v.z + 24 + bar, Math.max(360, innerHeight * .68)))) + "px";
  }
  // thin lets the legend say how lines are drawn where they are too many for dashes.
  function thin() { pane.closest(".ek-map-card").classList.toggle("ek-map-thin", dense(data)); }

  // Thousands of lines are drawn straight, without arrows, as three paths on a
  // canvas below the boxes: as elements each they would take seconds. Only
  // those of the chosen box are; held has them by box.
  function dense(d) { return d.lines.length > 1500; }
  var ground = null, paths = null, drawing = 0, held = {};
  function under() {
    if (ground) ground.remove();
    ground = paths = null;
    if (!dense(data)) return;
    ground = document.createElement("canvas");
    ground.className = "ek-map-ground";
    ground.setAttribute("aria-hidden", "true");
    pane.prepend(ground);
    paths = { soft: new Path2D(), hard: new Path2D(), hit: new Path2D() };
    data.lines.forEach(function (l) {
      var p = paths[l.hit ? "hit" : l.hard ? "hard" : "soft"], a = l.way[0], b = l.way[l.way.length - 1];
      p.moveTo(a[0], a[1]); p.lineTo(b[0], b[1]);
    });
    paint();
  }
  function paint() {
    if (!ground || drawing) return;
    drawing = requestAnimationFrame(function () {
      drawing = 0;
      if (!ground) return;
      var c = ground.getContext("2d"), z = cy.zoom(), pan = cy.pan(), grey = css("hatch-a");
      if (ground.width !== cy.width()) ground.width = cy.width();
      if (ground.height !== cy.height()) ground.height = cy.height();
      c.setTransform(1, 0, 0, 1, 0, 0);
      c.clearRect(0, 0, ground.width, ground.height);
      c.setTransform(z, 0, 0, z, pan.x, pan.y);
      [["soft", .7, grey, .5], ["hard", 1.2, grey, .6], ["hit", 1.6, css("orange"), 1]].forEach(function (k) {
        c.lineWidth = Math.max(k[1], .3 / z); c.strokeStyle = k[2]; c.globalAlpha = k[3];
        c.stroke(paths[k[0]]);
      });
    });
  }

  function start() {
    var begun = performance.now(), n = data.boxes.length;
    pane.replaceChildren();
    pane.classList.add("ek-map-on");
    pane.tabIndex = 0;
    pane.setAttribute("role", "application");
    pane.setAttribute("aria-label", "Map: " + data.title + ". Arrow keys move between boxes, Enter opens or closes one, plus and minus zoom. The table below holds the same.");
    height(); thin();
    cy = window.cytoscape({ container: pane, elements: elements(data), style: style(), layout: { name: "preset", fit: false }, minZoom: .001, maxZoom: 3, autoungrabify: true, boxSelectionEnabled: false,
      textureOnViewport: n > 600, pixelRatio: n > 600 ? 1 : "auto" });
    fit(); under();
    cy.on("viewport resize", paint);
    cy.on("tap", "node", function (e) { choose(e.target); if (e.target.data("box").parts) go(toggled(e.target.id()), e.target.id()); });
    cy.on("tap", function (e) { if (e.target === cy) choose(null); });
    cy.on("mouseover", "node", function (e) { pane.title = e.target.data("box").says; pane.style.cursor = e.target.data("box").parts ? "pointer" : "default"; });
    cy.on("mouseover", "edge", function (e) { pane.title = e.target.data("says") || ""; });
    cy.on("mouseout", function () { pane.title = ""; pane.style.cursor = ""; });
    cy.one("render", function () { pane.dataset.ekDrawn = Math.round(performance.now() - begun); });
    document.querySelectorAll(".ek-map-zoom, #ek-map-keys, [data-ek-map-png]").forEach(function (el) { el.hidden = false; });
    names();
    window.ekMap = cy; // for tests
  }

  function text(tag, cls, s) { var el = document.createElement(tag); if (cls) el.className = cls; el.textContent = s; return el; }
  function link(href, s, cls) { var a = text("a", cls || "btn ek-btn-s", s); a.href = href; return a; }

  function choose(node) {
    cy.elements(".ek-near").removeClass("ek-near");
    cy.nodes(":selected").unselect();
    if (dense(data)) cy.edges().remove();
    chosen = node && node.length ? node : null;
    if (!chosen) { side.hidden = true; cy.resize(); return; }
    chosen.select();
    if (dense(data)) cy.add(held[chosen.id()] || []);
    chosen.connectedEdges().addClass("ek-near");
    var b = chosen.data("box"), head = text("div", "ek-map-side-h", ""), dl = text("dl", "ek-dl", ""), acts = text("div", "ek-map-acts", "");
    head.append(text("h3", "", b.name));
    var x = text("button", "btn ek-btn-s ek-btn-q", "Close"); x.type = "button"; x.onclick = function () { choose(null); pane.focus(); }; head.append(x);
    for (var i = 0; b.facts && i < b.facts.length; i += 2) { var d = document.createElement("div"); d.append(text("dt", "", b.facts[i]), text("dd", "", b.facts[i + 1])); dl.append(d); }
    [["Needs", chosen.outgoers("node")], ["Needed by", chosen.incomers("node")]].forEach(function (f) {
      if (!f[1].length) return;
      var d = document.createElement("div"), n = f[1].map(function (x) { return x.data("box").name; });
      d.append(text("dt", "", f[0]), text("dd", "", n.slice(0, 8).join(", ") + (n.length > 8 ? " and " + (n.length - 8) + " more" : ""))); dl.append(d);
    });
    if (!b.group) {
      acts.append(link("/map/items/" + b.id, "Open"));
      if (b.parts) { var o = link(toggled(b.id), b.frame ? "Close the box" : "Show what is in it"); o.onclick = function (e) { e.preventDefault(); go(toggled(b.id), b.id); }; acts.append(o); }
      acts.append(link("/map?focus=" + b.id, "Map around it"), link("/map?down=" + b.id, "What if it is down"));
    }
    side.replaceChildren(head, text("p", "ek-muted", b.says.slice(b.name.length + 2)), dl, acts);
    var was = side.hidden;
    side.hidden = false;
    if (was) cy.resize();
    say(b.says + (b.parts ? b.frame ? ", open" : ", Enter opens it" : ""));
    show(chosen);
  }
  function say(s) { live.textContent = s; }
  function show(node) { // into sight, with little movement
    var r = node.renderedBoundingBox({ includeLabels: false, includeEdges: false }), w = cy.width(), h = cy.height(), by = function (a, b, end) { return a < 8 ? 8 - a : b > end - 8 ? Math.max(end - 8 - b, 8 - a) : 0; };
    var d = { x: by(r.x1, r.x2, w), y: by(r.y1, r.y2, h) }, time = still.matches ? 0 : 160;
    if ((d.x || d.y) && cy.zoom() < .5) cy.animate({ center: { eles: node }, zoom: .7, duration: time });
    else if (d.x || d.y) cy.animate({ panBy: d, duration: time });
  }

  // next is the box to which an arrow key leads: right and left along the
  // lines if there are any, else, as up and down, to the nearest that way.
  function next(key) {
    var right = key === "ArrowRight", left = key === "ArrowLeft", at = chosen.position(), pool = boxes().filter(function (n) { return n !== chosen && !n.isParent(); }), all = pool;
    if (right || left) {
      var along = (right ? chosen.outgoers("node") : chosen.incomers("node")).filter(function (n) { return n !== chosen; });
      if (along.length) pool = along;
    }
    var best = null, least = Infinity;
    pool.forEach(function (n) {
      var p = n.position(), dx = p.x - at.x, dy = p.y - at.y, cost;
      if (right || left) { if (pool === all && (right ? dx : -dx) <= 8) return; if ((right ? dx : -dx) <= 0 && pool.length > 40) return; cost = Math.abs(dx) + 2 * Math.abs(dy); }
      else { if ((key === "ArrowDown" ? dy : -dy) <= 4) return; cost = Math.abs(dy) + 3 * Math.abs(dx); }
      if (cost < least) { least = cost; best = n; }
    });
    return best;
  }
  pane.addEventListener("keydown", function (e) {
    if (!cy || e.ctrlKey || e.metaKey || e.altKey) return;
    var done = true;
    if (/^Arrow/.test(e.key)) {
      if (!chosen) choose(cy.nodes("[?focus]").length ? cy.nodes("[?focus]")[0] : boxes().filter(function (n) { return !n.isParent(); })[0]);
      else { var n = next(e.key); if (n) choose(n); else say("Nothing further that way."); }
    } else if (e.key === "Enter" || e.key === " ") {
      if (!chosen) return;
      var b = chosen.data("box");
      if (b.parts) go(toggled(b.id), b.id); else say("There is nothing in " + b.name + " to show.");
    } else if (e.key === "Escape") choose(null);
    else if (e.key === "+" || e.key === "=") zoom(1.3);
    else if (e.key === "-") zoom(1 / 1.3);
    else if (e.key === "0") fit();
    else done = false;
    if (done) { e.preventDefault(); e.stopPropagation(); }
  });
  function zoom(by) { cy.zoom({ level: cy.zoom() * by, renderedPosition: chosen ? chosen.renderedPosition() : { x: cy.width() / 2, y: cy.height() / 2 } }); }

  // toggled is this map's address with a box opened or closed.
  function toggled(id) {
    var u = new URL(location.href), n = id.replace("CI-", ""), open = (u.searchParams.get("open") || "").split(".").filter(Boolean), i = open.indexOf(n), frame = cy.getElementById(id).data("box").frame;
    if (i >= 0) open.splice(i, 1); else if (!frame) open.push(n);
    open.sort(function (a, b) { return a - b; });
    if (open.length) u.searchParams.set("open", open.join(".")); else u.searchParams.delete("open");
    return u.pathname + u.search;
  }

  // go takes over another state of the map; keep is the box that stays where it is.
  function go(path, keep, back) {
    if (busy) busy.abort();
    busy = new AbortController();
    pane.setAttribute("aria-busy", "true");
    fetch(path, { headers: { "Ek-Fragment": "1" }, signal: busy.signal }).then(function (r) {
      if (!r.ok) throw new Error(r.status);
      return r.text();
    }).then(function (html) {
      var doc = new DOMParser().parseFromString(html, "text/html"), d = read(doc);
      if (!d) throw new Error("no map");
      ["ek-map-bar", "ek-map-note", "ek-map-says", "ek-map-tools", "ek-map-legend", "ek-map-list", "ek-map-data", "ek-map-h"].forEach(function (id) {
        var a = document.getElementById(id), b = doc.getElementById(id);
        if (a && b) a.replaceWith(document.adoptNode(b));
      });
      document.querySelectorAll("#ek-map-keys, [data-ek-map-png]").forEach(function (el) { el.hidden = false; });
      if (!back) history.pushState({ ekMap: true }, "", path);
      var old = keep && cy.getElementById(keep), was = old && old.length ? old.renderedBoundingBox({ includeLabels: false, includeEdges: false }) : null;
      data = d;
      cy.batch(function () { cy.elements().remove(); cy.add(elements(d)); });
      cy.style(style());
      height(); thin(); cy.resize();
      var node = keep && cy.getElementById(keep);
      if (node && node.length && was) {
        var now = node.renderedBoundingBox({ includeLabels: false, includeEdges: false });
        cy.panBy({ x: was.x1 - now.x1, y: was.y1 - now.y1 });
        choose(node);
      } else { choose(null); fit(); }
      under(); names();
      say((node && node.length ? node.data("box").name + (node.isParent() ? " is open. " : " is closed. ") : "") + document.getElementById("ek-map-says").textContent);
    }).catch(function (err) { if (err.name !== "AbortError") location.href = path; }).finally(function () { busy = null; pane.removeAttribute("aria-busy"); });
  }
  addEventListener("popstate", function () { if (cy) go(location.pathname + location.search, chosen && chosen.id(), true); });

  // The field above jumps to a box of this map; what is not on it is asked of the server.
  function names() {
    var q = document.getElementById("ek-filter");
    if (!q) return;
    var list = document.getElementById("ek-map-names") || document.createElement("datalist");
    list.id = "ek-map-names";
    list.replaceChildren();
    data.boxes.slice(0, 400).forEach(function (b) { if (!b.group) { var o = document.createElement("option"); o.value = b.name; list.append(o); } });
    q.after(list);
    q.setAttribute("list", "ek-map-names");
  }
  document.addEventListener("keydown", function (e) {
    if (!cy || e.key !== "Enter" || e.target.id !== "ek-filter") return;
    var s = e.target.value.trim().toLowerCase(), hit = s && boxes().filter(function (n) { return n.data("box").name.toLowerCase() === s || n.id().toLowerCase() === s; })[0];
    if (!hit || e.target.value === e.target.defaultValue) return;
    e.preventDefault();
    choose(hit);
    cy.zoom(Math.max(cy.zoom(), .8)); cy.center(hit);
    pane.focus();
  });
  document.addEventListener("click", function (e) {
    var b = e.target.closest && e.target.closest("[data-ek-map-do], [data-ek-map-png]");
    if (!b || !cy) return;
    if (b.hasAttribute("data-ek-map-png")) return png();
    if (b.dataset.ekMapDo === "fit") fit(); else zoom(b.dataset.ekMapDo === "in" ? 1.3 : 1 / 1.3);
  });
  function png() {
    var box = cy.elements().boundingBox(), scale = Math.min(2, 12000 / Math.max(box.w, box.h, 1));
    var at = chosen;
    if (dense(data)) { choose(null); cy.add(Object.entries(held).flatMap(function (h) { return h[1].filter(function (e) { return e.data.source === h[0]; }); })); }
    var blob = cy.png({ output: "blob", full: true, scale: scale, bg: css("surface") }), a = document.createElement("a");
    a.href = URL.createObjectURL(blob); a.download = "map.png"; a.click();
    if (dense(data)) choose(at);
    pane.dataset.ekPng = blob.size;
    setTimeout(function () { URL.revokeObjectURL(a.href); }, 10000);
  }
  new MutationObserver(function () { if (cy) { cy.style(style()); paint(); } }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  addEventListener("resize", function () { if (cy) { height(); cy.resize(); } });

  data = read(document);
  if (!data) return;
  var s = document.createElement("script");
  s.src = pane.dataset.ekLib;
  s.onload = start;
  document.head.append(s);
})();
