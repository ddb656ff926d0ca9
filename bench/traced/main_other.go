//go:build !linux

// Command traced is for Linux alone.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "traced: Linux only")
	os.Exit(2)
}
