package suspectweb_test

import "embed"

//go:embed testdata/host.html
var webtestFiles embed.FS
