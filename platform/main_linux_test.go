package platform

import (
	"os"
	"testing"

	"sockeye/internal/test/population"
)

// TestMain makes the test binary a process that a test needs.
func TestMain(m *testing.M) {
	population.RunHelper()
	if name := os.Getenv(roleEnv); name != "" {
		playRole(name)
		return
	}
	os.Exit(m.Run())
}
