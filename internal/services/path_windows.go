package services

import (
	"os"
	"path/filepath"
)

// path is where Windows keeps the file; %SystemRoot% is C:\Windows on nearly
// every machine, and is set even for services.
func path() string {
	root := os.Getenv("SystemRoot")
	if root == "" {
		root = `C:\Windows`
	}
	return filepath.Join(root, "System32", "drivers", "etc", "services")
}
