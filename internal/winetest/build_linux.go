package winetest

import (
	"os"
	"os/exec"
	"path/filepath"
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
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}
