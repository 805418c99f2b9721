// Command evenkeel is service management for engineering teams, in one binary.
package main

import (
	"os"
	_ "time/tzdata" // zones also on machines without zone files

	"github.com/evenkeel/evenkeel/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:])) }
