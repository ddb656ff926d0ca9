// Sockeye lists the sockets of a machine and says which process owns each.
package main

import (
	"os"

	"sockeye/internal/cli"
)

func main() { os.Exit(cli.Run()) }
