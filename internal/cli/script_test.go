package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sockeye": func() { os.Exit(Run()) },
	})
}

// TestScripts runs what users type. The scripts list from snapshots in
// testdata/snapshot, so that no figure depends on this machine.
func TestScripts(t *testing.T) {
	snapshots, err := filepath.Abs("testdata/snapshot")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SNAP", filepath.Join(snapshots, "web.json"))
			env.Setenv("SNAPSHOTS", snapshots)
			env.Setenv("TZ", "UTC")
			// A program of the race detector sleeps for a second at its end.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
	})
}
