// Package browser holds the tests that use the whole product as people do: in
// a real browser, with real clicks and keys, against the demo's organisation.
//
// TestBrowser starts the demo (two weeks of history, no outage) and one
// Chromium, and then
//
//   - crawls every link from the front page as an admin: nothing answers 4xx or
//     5xx, no link within a page leads nowhere, and every page of the product
//     can be reached by following links (unreached.go names the exceptions);
//   - looks at each kind of page in a desktop and a phone window and in the
//     dark: axe, the console, sideways scrolling, and buttons that thumbs hit;
//   - does the same with a product in which nothing is yet;
//   - plays the stories of a responder's day (story_test.go).
//
// One browser and few tabs are used throughout, because starting them is what
// takes long. EVENKEEL_SHOTS=dir keeps a picture of every page; run one part
// with -run 'TestBrowser/stories'.
package browser
