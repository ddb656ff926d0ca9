package procnet

import (
	"flag"
	"os"
	"sync"
	"testing"

	"sockeye/internal/population"
)

func TestMain(m *testing.M) {
	population.RunHelper()
	if os.Getenv(scanEnv) != "" {
		scanForParent()
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
func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

var enter = sync.OnceValue(population.Enter)

// isolated is [population.Alone], whose namespaces are finished in the test that
// needs them: fixture and fuzz tests need none.
func isolated(t *testing.T) bool {
	t.Helper()
	if !population.Alone(t) {
		return false
	}
	if err := enter(); err != nil {
		t.Fatal(err)
	}
	return true
}
