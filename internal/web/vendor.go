package web

// Checksums of vendored files are recorded by
//
//	go generate ./internal/web
//
// after taking files unchanged from the packages named in the VERSION files.
//go:generate sh -c "cd assets/vendor && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS"
