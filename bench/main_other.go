//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: the populations and the peers are Linux's")
	os.Exit(2)
}
