//go:build !linux

// Command screened is for Linux alone.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "screened: Linux only")
	os.Exit(2)
}
