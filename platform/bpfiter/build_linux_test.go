package bpfiter

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sockeye/internal/test/population"
)

// The committed programs are what the pinned compiler makes of the source.
func TestProgramsAreRebuiltByteByByte(t *testing.T) {
	if !population.Long() {
		t.Skip("the compiler takes long: SOCKEYE_TEST_REQUIRE=all runs it")
	}
	for _, tool := range []string{"clang-14", "llvm-objcopy-14", "llvm-readelf-14"} {
		if _, err := exec.LookPath(tool); err != nil {
			population.Skip(t, err.Error()+" (Debian packages clang-14 and llvm-14)")
		}
	}
	dir := t.TempDir()
	if out, err := exec.Command("bpf/build", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for name, committed := range map[string][]byte{
		"task_file.el.bin": littleEndianProgram,
		"task_file.eb.bin": bigEndianProgram,
	} {
		made, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(made, committed) {
			t.Errorf("%s: the compiler makes something else of task_file.bpf.c: run go generate", name)
		}
	}
}
