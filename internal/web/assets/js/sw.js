// The service worker: shows what a push brings, also when no page is open, and
// says so when the server cannot be reached. It keeps no pages: what an
// incident looked like some minutes ago is worse than nothing.
"use strict";
var KEEP = "evenkeel-offline", OFFLINE = "/offline";
var PARTS = [OFFLINE, "asset:tabler.css", "asset:app.css", "asset:inter.woff2"];

self.addEventListener("install", function (e) {
  e.waitUntil(caches.delete(KEEP).then(function () { return caches.open(KEEP); }).then(function (c) { return c.addAll(PARTS); }).then(function () { return self.skipWaiting(); }));
});
self.addEventListener("activate", function (e) { e.waitUntil(self.clients.claim()); });

self.addEventListener("fetch", function (e) {
  var r = e.request;
  if (r.method !== "GET") return;
  if (r.mode === "navigate") {
    e.respondWith(fetch(r).catch(function () { return caches.match(OFFLINE); }));
  } else if (PARTS.indexOf(new URL(r.url).pathname) >= 0) { // content-hashed: a kept copy is the copy
    e.respondWith(caches.match(r.url).then(function (hit) { return hit || fetch(r); }));
  }
});

// A push must show something, or the browser ends the subscription.
self.addEventListener("push", function (e) {
  var m = {};
  try { m = e.data.json(); } catch (_) { m = { title: "Evenkeel has news", text: "Open it to see what." }; }
  e.waitUntil(self.registration.showNotification(m.title || "Evenkeel", {
    body: m.text || "", tag: m.record || m.id, renotify: !!(m.record || m.id), requireInteraction: !!m.urgent, timestamp: m.at,
    icon: "asset:app-192.png", badge: "asset:app-badge.png", vibrate: m.urgent ? [300, 120, 300, 120, 600] : [120],
    data: m, actions: (m.do || []).map(function (a) { return { action: a.verb, title: a.label }; })
  }).then(function () { return tell({ ek: "pushed", id: m.id }); }));
});

function tell(what) {
  return self.clients.matchAll({ type: "window" }).then(function (all) { all.forEach(function (c) { c.postMessage(what); }); });
}

self.addEventListener("notificationclick", function (e) {
  var m = e.notification.data || {}, act = (m.do || []).filter(function (a) { return a.verb === e.action; })[0];
  e.notification.close();
  e.waitUntil(act ? press(act, m) : show(m.url || "/m"));
});

// press does what the link does. Where that fails, the link's page says why.
function press(act, m) {
  return fetch(local(act.url), { method: "POST", credentials: "same-origin", redirect: "manual" }).then(function (res) {
    if (!res.ok) throw new Error(res.status);
    return self.registration.showNotification(act.label + ": done", { body: m.title, tag: m.record || m.id, silent: true, icon: "asset:app-192.png", badge: "asset:app-badge.png", data: { url: m.url } });
  }).catch(function () { return show(act.url); });
}

// local makes an address one of this server: people may reach it by another
// name than the one that stands in messages.
function local(url) {
  var u = new URL(url, self.location.origin);
  return u.pathname + u.search;
}

function show(url) {
  var to = local(url);
  return self.clients.matchAll({ type: "window", includeUncontrolled: true }).then(function (all) {
    for (var i = 0; i < all.length; i++) {
      if (new URL(all[i].url).origin === self.location.origin && all[i].focus && all[i].navigate) {
        return all[i].focus().then(function (c) { return c.navigate(to); }).catch(function () { return self.clients.openWindow(to); });
      }
    }
    return self.clients.openWindow(to);
  });
}
