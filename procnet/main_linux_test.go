package procnet

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
