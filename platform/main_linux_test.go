package platform

import (
	"os"
	"testing"

	"sockeye/internal/test/population"
)

// TestMain makes the test binary a process that a test needs.
func TestMain(m *testing.M) {
	population.RunHelper(roles)
	os.Exit(m.Run())
}
