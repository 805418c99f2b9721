// Package web is what all pages of the product share: the frame around them
// (navigation, search box, clock, viewer's menu), the components they are made
// of, the assets, and the way from a handler to a response.
//
// A page is one Go file, one struct and one template in the practice's *web
// package. The struct embeds Page; Shell.Page fills it for the request;
// Shell.Render writes it inside the frame. Templates are parsed by Parse at
// package initialisation, where every field, method, argument and icon they
// name is checked against the struct: a page that starts is a page that fits.
//
// Invariants:
//
//   - No inline script and no inline style anywhere, so that the strict
//     Content-Security-Policy of Secure holds. Lengths that come from data are
//     SVG attributes.
//   - Pages work without script wherever that is sensible: menus are <details>,
//     switches are submit buttons, actions are forms that answer 303. Script
//     adds the live refresh, ticking clocks, the palette and shortcuts.
//   - A handler returns an error or writes a response, never both. Shell.Handle
//     turns the error into a page: kind → status, what happened, what to do.
//   - A state is never told by colour alone; every component carries a word or
//     a shape (../../ design rules, WCAG 2.2 AA).
//   - Times are stored in UTC and shown in the viewer's zone with UTC on hover;
//     every word of the ITIL ↔ engineering table goes through View.Term.
//
// How assets work: own style sheets and scripts are joined into one file each,
// vendored ones are served as they are; all get a content hash in the name, are
// compressed once, and are cached for ever by browsers. Icons form one SVG
// sprite made from the vendored Tabler icons.
//
// Where to look: README.md in this directory shows how to add a page and lists
// the components; /_components shows them live in demo and development.
package web
