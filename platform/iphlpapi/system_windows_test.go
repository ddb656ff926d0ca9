package iphlpapi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"sockeye/sock"
)

// TestTheCallsThemselves asks this Windows, or Wine.
func TestTheCallsThemselves(t *testing.T) {
	sys := thisSystem()
	for _, table := range allTables {
		class := ownerModule.class(table.Protocol, false)
		needed, code := sys.table(table, class, make([]byte, 1))
		if code != codeInsufficientBuffer || needed < 4 {
			t.Errorf("%v without room: code %d, %d bytes", table, code, needed)
		}
		// Wine takes any class of UDP tables.
		if _, code := sys.table(table, 99, make([]byte, 4096)); table.Protocol == sock.TCP && code != codeInvalidParameter {
			t.Errorf("%v, no such class: code %d", table, code)
		}
		if _, code := sys.table(table, class, make([]byte, 8<<20)); code != codeSuccess {
			t.Errorf("%v with room: code %d", table, code)
		}
		// A row that is nobody's. Wine does not have the call.
		row := make([]byte, layouts[table][ownerModule].size)
		if _, code, _ := sys.module(table, row, make([]byte, 1024)); code == codeSuccess {
			t.Errorf("%v: the module of a socket that there is not", table)
		}
	}
}

func TestTheProcessesThemselves(t *testing.T) {
	sys := thisSystem()
	names, err := sys.processes()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if name := names[uint32(os.Getpid())]; !strings.EqualFold(name, filepath.Base(self)) {
		t.Errorf("this process is %q, want %q", name, filepath.Base(self))
	}
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		t.Fatal(err)
	}
	steps, code := sys.started(uint32(os.Getpid()))
	if code != codeSuccess || fileTimeOf(steps).time().UnixNano() != created.Nanoseconds() {
		t.Errorf("started at %v, code %d; want %v", fileTimeOf(steps).time(), code, created.Nanoseconds())
	}
	if _, code := sys.started(0xfffffff0); code != codeInvalidParameter {
		t.Errorf("a PID that nobody has: code %d", code)
	}
}
