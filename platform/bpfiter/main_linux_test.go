package bpfiter

import (
	"flag"
	"os"
	"testing"

	"sockeye/internal/test/population"
)

func TestMain(m *testing.M) {
	population.RunHelper(roles)
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() != "" && !population.Inside() {
		// What a benchmark measures must not depend on the host's processes.
		if status, err := population.Isolate(); err == nil {
			os.Exit(status)
		}
	}
	os.Exit(m.Run())
}

// isolated is [population.Alone] where the kernel looks for owners.
func isolated(t *testing.T) bool {
	t.Helper()
	if !population.Inside() {
		// Said here, where the reason is the test's own.
		f, err := Open("/proc")
		if err != nil {
			population.Skip(t, err)
		}
		f.Close()
	}
	return population.Alone(t)
}
