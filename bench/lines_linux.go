package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
)

// countLines runs a command once, before it is measured, and counts what it
// prints. It must end with status 0 and print at least one line, and not fewer
// than least.
func countLines(command []string, least int) (int, error) {
	cmd := exec.Command(command[0], command[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", strings.Join(command, " "), err, strings.TrimSpace(errs.String()))
	}
	lines := bytes.Count(out.Bytes(), []byte("\n"))
	if lines < max(least, 1) {
		return 0, fmt.Errorf("%s: %d lines, want at least %d", strings.Join(command, " "), lines, max(least, 1))
	}
	return lines, nil
}
