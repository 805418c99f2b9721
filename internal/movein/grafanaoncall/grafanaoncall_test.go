package grafanaoncall

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/movein/moveintest"
)

var importer = moveintest.Importer[Export]{
	Header: Header("secret"), Authorization: "secret",
	Read: Read,
	Map:  (*Export).Map,
}

func TestReadAndMap(t *testing.T) { importer.Test(t) }

func FuzzMap(f *testing.F) { importer.Fuzz(f) }
