package tracer

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// The committed programs are what the pinned compiler makes of the source.
func TestProgramsAreRebuiltByteByByte(t *testing.T) {
	if !population.Long() {
		t.Skip("the compiler takes long: SOCKEYE_TEST_REQUIRE=all runs it")
	}
	for _, tool := range []string{"clang-14", "llvm-strip-14"} {
		if _, err := exec.LookPath(tool); err != nil {
			population.Skip(t, err.Error()+" (Debian packages clang-14 and llvm-14)")
		}
	}
	dir := t.TempDir()
	cmd := exec.Command("sh", "-ec", strings.Replace(generate(t), " bpf2go ", " bpf2go -output-dir "+dir+" ", 1))
	cmd.Env = append(os.Environ(), "GOPACKAGE=tracer")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"trace_bpfel.o", "trace_bpfeb.o", "trace_bpfel.go", "trace_bpfeb.go"} {
		made, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, committed) {
			t.Errorf("%s: the compiler makes something else of bpf/trace.bpf.c: run go generate", name)
		}
	}
}

// generate returns the command of go:generate.
func generate(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if command, ok := strings.CutPrefix(comment.Text, "//go:generate "); ok {
				return command
			}
		}
	}
	t.Fatal("doc.go has no go:generate")
	return ""
}
