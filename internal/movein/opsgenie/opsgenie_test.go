package opsgenie

import (
	"testing"

	"github.com/evenkeel/evenkeel/internal/movein/moveintest"
)

var importer = moveintest.Importer[Account]{
	Header: Header("secret"), Authorization: "GenieKey secret",
	Read: Read,
	Map:  (*Account).Map,
}

func TestReadAndMap(t *testing.T) { importer.Test(t) }

func FuzzMap(f *testing.F) { importer.Fuzz(f) }
