package iphlpapi

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

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

// TestTheProcessesThemselves asks this Windows, or Wine, for this process and a
// child of it.
func TestTheProcessesThemselves(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), waits+"=1")
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		if err := child.Wait(); err != nil {
			t.Error(err)
		}
	}()
	sys := thisSystem()
	ps, err := readProcesses(&sys)
	if err != nil {
		t.Fatal(err)
	}
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		t.Fatal(err)
	}
	p := ps.byPID[uint32(os.Getpid())]
	if p == nil || !strings.EqualFold(p.Name, filepath.Base(self)) || p.StartedAt.UnixNano() != created.Nanoseconds() || p.parent != uint32(os.Getppid()) {
		t.Fatalf("this process is %+v, want %q since %v of %d", p, filepath.Base(self), created.Nanoseconds(), os.Getppid())
	}
	children := ps.byParent[uint32(os.Getpid())]
	if len(children) != 1 || children[0].PID != child.Process.Pid || children[0].StartedAt.Before(before.Add(-time.Second)) {
		t.Errorf("the children of this process are %v, want %d", children, child.Process.Pid)
	}
	if ps.byPID[0xfffffff0] != nil {
		t.Error("a PID that nobody has")
	}
}

// TestDestroyConfirms compares with the table of this Windows, or Wine, before
// SetTcpEntry is called. Whether that closes anything is not looked at: Wine's
// does not.
func TestDestroyConfirms(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	asked := 0
	source := func() *Source { // one that has read no table yet
		src := New()
		src.sys.setTCPEntry = func([]byte) uint32 { asked++; return codeSuccess }
		return src
	}
	var client *sock.Socket
	for _, s := range listed(t, source(), want(sock.FieldOwners).Only(tcp4)) {
		if s.Local == conn.LocalAddr().(*net.TCPAddr).AddrPort() {
			client = s
		}
	}
	if client == nil || len(client.Owners) != 1 || client.Owners[0].PID != os.Getpid() {
		t.Fatalf("the client is listed as %+v", client)
	}
	if err := source().Destroy(t.Context(), client); err != nil || asked != 1 {
		t.Errorf("the connection that was listed: %v, SetTcpEntry called %d times", err, asked)
	}
	other := client.Clone()
	other.Owners[0].Process = &sock.Process{PID: os.Getpid() + 4}
	if err := source().Destroy(t.Context(), other); !errors.Is(err, sock.ErrEnded) || asked != 1 {
		t.Errorf("the connection of another process: %v, SetTcpEntry called %d times", err, asked)
	}
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil { // ends without TIME_WAIT
		t.Fatal(err)
	}
	conn.Close()
	if err := source().Destroy(t.Context(), client); !errors.Is(err, sock.ErrEnded) || asked != 1 {
		t.Errorf("a connection that has ended: %v, SetTcpEntry called %d times", err, asked)
	}
}

const waits = "SOCKEYE_TEST_WAITS"

// TestMain is also the child, which waits for the end of its input.
func TestMain(m *testing.M) {
	if os.Getenv(waits) == "" {
		os.Exit(m.Run())
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // an error is an end too
}

// TestTheLayoutIsThatOfTheLibrary compares the offsets with the structure of
// golang.org/x/sys, for the words of this program.
func TestTheLayoutIsThatOfTheLibrary(t *testing.T) {
	var p windows.SYSTEM_PROCESS_INFORMATION
	const word = unsafe.Sizeof(uintptr(0))
	for name, at := range map[string][2]uintptr{
		"CreateTime":       {unsafe.Offsetof(p.CreateTime), offsetCreated},
		"ImageName.Length": {unsafe.Offsetof(p.ImageName) + unsafe.Offsetof(p.ImageName.Length), offsetNameLength},
		"ImageName.Buffer": {unsafe.Offsetof(p.ImageName) + unsafe.Offsetof(p.ImageName.Buffer), offsetWords + wordName*word},
		"UniqueProcessId":  {unsafe.Offsetof(p.UniqueProcessID), offsetWords + wordPID*word},
		"InheritedFrom":    {unsafe.Offsetof(p.InheritedFromUniqueProcessID), offsetWords + wordParent*word},
	} {
		if at[0] != at[1] {
			t.Errorf("%s is at %d, read at %d", name, at[0], at[1])
		}
	}
}
