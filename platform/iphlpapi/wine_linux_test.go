package iphlpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/test/population"
	"sockeye/internal/test/winetest"
)

// shown is a socket as testdata/lister prints it.
type shown struct {
	Protocol, Family, State string
	Local, Remote           netip.AddrPort
	Interface               uint32
	PID                     int
	Name, OwnerStatus       string
}

// TestUnderWine runs the calls themselves, as far as Wine has them.
func TestUnderWine(t *testing.T) {
	if !population.Long() {
		t.Skip("a Wine prefix takes some 20 seconds: SOCKEYE_TEST_REQUIRE=all runs it")
	}
	rig := winetest.New(t)
	t.Run("the tests of the package", func(t *testing.T) { testPackage(t, rig) })
	t.Run("the recorded tables", func(t *testing.T) { testRecording(t, rig) })
	t.Run("a population", func(t *testing.T) { testPopulation(t, rig) })
}

// testPackage runs the other tests of this package as a Windows program.
func testPackage(t *testing.T, rig *winetest.Rig) {
	program := winetest.BuildTest(t, ".")
	ctx, cancel := context.WithTimeout(t.Context(), winetest.Limit)
	defer cancel()
	cmd := rig.Command(ctx, program, "-test.v", "-test.run=^(Test|Fuzz)")
	var err error
	if cmd.Dir, err = os.Getwd(); err != nil { // for testdata
		t.Fatal(err)
	}
	out, err := rig.Output(cmd)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := bytes.Count(out, []byte("--- PASS: ")); n < 20 {
		t.Errorf("%d tests ran\n%s", n, out)
	}
}

// testRecording has the tables of testdata written anew.
func testRecording(t *testing.T, rig *winetest.Rig) {
	program := filepath.Join(t.TempDir(), "record.exe")
	cmd := exec.Command(winetest.Compiler(t), "-Wall", "-Werror", "-o", program, "testdata/record.c")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), winetest.Limit)
	defer cancel()
	got, err := rig.Output(rig.Command(ctx, program))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/tables.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r"), nil), want) {
		t.Errorf("testdata/record.c does not write testdata/tables.txt:\n%s", got)
	}
}

// testPopulation lists what a Windows program made.
func testPopulation(t *testing.T, rig *winetest.Rig) {
	made := rig.Hold(t)
	lister := winetest.Build(t, "./testdata/lister")
	t.Run("everything", func(t *testing.T) {
		rows := run(t, rig, lister)
		named := 0
		for _, m := range made {
			named += checkShown(t, m, rows)
		}
		// Wine 8 tells the process of a socket that was never listening.
		if named == 0 {
			t.Error("no row has the PID and the name of its process")
		}
		if extra := len(rows) - len(made); extra != 0 {
			t.Errorf("%d rows for %d sockets", len(rows), len(made))
		}
	})
	t.Run("listeners", func(t *testing.T) {
		rows := run(t, rig, lister, "listeners")
		if len(rows) != 3 {
			t.Errorf("%d rows, want 3 listeners: %v", len(rows), rows)
		}
		for _, m := range made {
			if m.State == "LISTEN" {
				checkShown(t, m, rows)
			}
		}
	})
}

// checkShown looks for a socket among the rows, and returns 1 if its process is
// told.
func checkShown(t *testing.T, m winetest.Held, rows []shown) (named int) {
	t.Helper()
	for _, r := range rows {
		if r.Protocol != m.Protocol || r.Family != m.Family || r.Local != m.Local || r.Remote != m.Remote {
			continue
		}
		if r.State != m.State || r.Interface != 0 {
			t.Errorf("%s %v to %v: %s on interface %d, want %s", m.Protocol, m.Local, m.Remote, r.State, r.Interface, m.State)
		}
		switch {
		case r.PID == 0: // Wine does not know it
		case r.PID != m.PID || r.Name != winetest.HolderName || r.OwnerStatus != "known":
			t.Errorf("%s %v: %s[%d] %s, want %s[%d]", m.State, m.Local, r.Name, r.PID, r.OwnerStatus, winetest.HolderName, m.PID)
		default:
			return 1
		}
		return 0
	}
	t.Errorf("not listed: %+v", m)
	return 0
}

// run runs testdata/lister and returns its rows.
func run(t *testing.T, rig *winetest.Rig, program string, args ...string) []shown {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), winetest.Limit)
	defer cancel()
	out, err := rig.Output(rig.Command(ctx, program, args...))
	if err != nil {
		t.Fatal(err)
	}
	var rows []shown
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var r shown
		if err := in.Decode(&r); err == io.EOF {
			return rows
		} else if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		rows = append(rows, r)
	}
}
