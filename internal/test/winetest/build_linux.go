package winetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Build compiles the main package at path, such as "./testdata/holder" or
// "sockeye", for windows/amd64 and returns the program's path.
func Build(t testing.TB, path string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), filepath.Base(path)+".exe")
	compile(t, "build", "-o", out, path)
	return out
}

// BuildTest compiles the tests of the package at path for windows/amd64 and
// returns the program's path.
func BuildTest(t testing.TB, path string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "package_test.exe")
	compile(t, "test", "-c", "-o", out, path)
	return out
}

func compile(t testing.TB, args ...string) {
	t.Helper()
	tool, err := exec.LookPath("go")
	if err != nil {
		Skip(t, "the Go toolchain is missing: %v", err)
	}
	run := func(args ...string) []byte {
		cmd := exec.Command(tool, args...)
		cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		return out
	}
	run(args...)
	dependOn(t, strings.Fields(string(run("list", "-deps", "-test", "-f", ownDirectories, args[len(args)-1]))))
}

// ownDirectories lists the directories of the main module's packages.
const ownDirectories = "{{with .Module}}{{if .Main}}{{$.Dir}}{{end}}{{end}}"

// dependOn looks at the source files, so that the go command, which keeps the
// results of tests, sees that this one depends on them.
func dependOn(t testing.TB, directories []string) {
	t.Helper()
	for _, directory := range directories {
		files, err := filepath.Glob(filepath.Join(directory, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no source files in %s: %v", directory, err)
		}
		for _, file := range files {
			if _, err := os.Stat(file); err != nil {
				t.Fatal(err)
			}
		}
	}
}
