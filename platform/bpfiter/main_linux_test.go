package bpfiter

import (
	"errors"
	"flag"
	"os"
	"sync"
	"testing"

	"sockeye/internal/population"
)

func TestMain(m *testing.M) {
	population.RunHelper()
	if name := os.Getenv(roleEnv); name != "" {
		playRole(name)
		return
	}
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() != "" && !population.Inside() {
		// What a benchmark measures must not depend on the host's processes.
		if status, err := population.Isolate(); err == nil {
			os.Exit(status)
		}
	}
	os.Exit(m.Run())
}

// skip skips a test that cannot run here, or fails it where all must run.
func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

var enter = sync.OnceValue(population.Enter)

// isolated runs the calling test again in namespaces of its own. It returns true
// in that run, and false, with the outcome taken over, in the first one.
func isolated(t *testing.T) bool {
	t.Helper()
	if testing.Short() {
		t.Skip("asks the kernel of this machine")
	}
	if population.Inside() {
		if err := enter(); err != nil {
			t.Fatal(err)
		}
		return true
	}
	// Said here, where the reason is the test's own.
	f, err := Open()
	if err != nil {
		skip(t, err.Error())
	}
	f.Close()
	args := os.Args
	defer func() { os.Args = args }()
	os.Args = []string{args[0], "-test.run=^" + t.Name() + "$", "-test.count=1"}
	status, err := population.Isolate()
	switch {
	case errors.Is(err, os.ErrPermission):
		skip(t, "needs CAP_SYS_ADMIN for namespaces of its own")
	case err != nil:
		t.Fatal(err)
	case status != 0:
		t.Errorf("failed in namespaces of its own, status %d", status)
	}
	return false
}
