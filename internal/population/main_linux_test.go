package population

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// TestMain runs the tests inside namespaces of their own. Without the right to
// make them it runs them here, where they skip.
func TestMain(m *testing.M) {
	RunHelper()
	if Inside() {
		if err := Enter(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	status, err := Isolate()
	switch {
	case errors.Is(err, os.ErrPermission):
		os.Exit(m.Run())
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(status)
}

// needs skips a test that cannot run here, or fails it where all must run.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	reason := ""
	if !Inside() {
		reason = "needs CAP_SYS_ADMIN for namespaces of its own"
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			reason = err.Error()
		}
	}
	if reason == "" {
		return
	}
	if os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
