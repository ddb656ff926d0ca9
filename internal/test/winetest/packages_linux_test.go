package winetest

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// testClosedPipe: whoever reads the answer has seen enough of it, and hears
// nothing. Wine makes ERROR_PIPE_NOT_CONNECTED of it.
func testClosedPipe(t *testing.T, p program) {
	for _, args := range [][]string{{"-a"}, {"-a", "--json"}, {"-a", "--ndjson"}, {"--help"}} {
		ctx, cancel := context.WithTimeout(t.Context(), Limit)
		defer cancel()
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		messages, err := os.Create(t.TempDir() + "/messages")
		if err != nil {
			t.Fatal(err)
		}
		cmd := p.rig.Command(ctx, p.path, args...)
		cmd.Stdout, cmd.Stderr = w, messages
		if err := p.rig.Start(cmd); err != nil {
			t.Fatal(err)
		}
		w.Close()
		err = cmd.Wait()
		messages.Close()
		if said, readErr := os.ReadFile(messages.Name()); err != nil || readErr != nil || len(said) > 0 {
			t.Errorf("%v: %v, %v, %s", args, err, readErr, said)
		}
	}
}

// testPackages runs those tests of other packages that are of Windows alone, or
// have another result there. The status of the program is not theirs: the TestMain
// of internal/cli cannot delete its temporary directory under Wine.
func testPackages(t *testing.T, p program) {
	for path, names := range map[string][]string{
		"sockeye/internal/cli": {"TestClosedPipe", "TestConsoleMode"},
		"sockeye/sock/filter":  {"TestNamesOfWindowsPrograms", "TestPatternsOfNames"},
	} {
		program := BuildTest(t, path)
		ctx, cancel := context.WithTimeout(t.Context(), Limit)
		defer cancel()
		out, err := p.rig.Output(p.rig.Command(ctx, program, "-test.v", "-test.run=^("+strings.Join(names, "|")+")$"))
		if bytes.Count(out, []byte("--- PASS: ")) != len(names) {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
