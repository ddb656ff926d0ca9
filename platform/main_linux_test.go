package platform

import (
	"os"
	"sync"
	"testing"

	"sockeye/internal/population"
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

var enter = sync.OnceValue(population.Enter)

// alone is [population.Alone], whose namespaces are finished in the test that
// needs them.
func alone(t *testing.T) bool {
	t.Helper()
	if !population.Alone(t, "cat", "true") {
		return false
	}
	if err := enter(); err != nil {
		t.Fatal(err)
	}
	return true
}
