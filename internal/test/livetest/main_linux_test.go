package livetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	// The program is built by the test, which the cache of go test does not see:
	// what it is made of must be part of the test for a change to count.
	_ "sockeye/internal/cli"
	"sockeye/internal/test/fault"
	"sockeye/internal/test/population"
)

// binaryEnv says where sockeye is, if it was built before the tests began: a
// machine of .ci/kernels has no time for that, and the process inside the
// namespaces no network for the go command.
const binaryEnv = "SOCKEYE_LIVETEST_BINARY"

// TestMain builds sockeye, unless this is a test alone in namespaces.
func TestMain(m *testing.M) {
	fault.RunHelper()
	population.RunHelper(corners, talkers)
	status, err := testMain(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func testMain(m *testing.M) (status int, err error) {
	if population.Inside() {
		if err := population.Enter(); err != nil {
			return 1, err
		}
		return m.Run(), nil
	}
	if os.Getenv(binaryEnv) != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "sockeye-livetest-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	// Another user runs it too.
	if err := os.Chmod(dir, 0o755); err != nil {
		return 1, err
	}
	binary := filepath.Join(dir, "sockeye")
	build := exec.Command("go", "build", "-o", binary, "sockeye")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("build sockeye: %w", err)
	}
	if err := os.Setenv(binaryEnv, binary); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// keep closes a population at the end of the test.
func keep(t *testing.T, set *population.Set, err error) *population.Set {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil {
			t.Error(err)
		}
	})
	return set
}

// ownMachine skips a test that needs a machine of its own, and says why. It is no failure
// that other machines have none: .ci/kernels boots some, and tells the tests.
func ownMachine(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_MACHINE") == "" {
		t.Skip(why + ", see .ci/kernels")
	}
}
