package winetest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/netip"
	"testing"
	"time"
)

// Limit bounds one program under Wine.
const Limit = 3 * time.Minute

// Held is a socket that testdata/holder made.
type Held struct {
	Protocol, Family, State string
	Local, Remote           netip.AddrPort
	PID                     int // 0 where no process holds it
}

// HolderName is the name of the process that [Rig.Hold] starts.
const HolderName = "holder.exe"

// leastHeld is the least number of sockets that testdata/holder makes.
const leastHeld = 17

// Hold runs testdata/holder to the end of the test and returns what it made:
// listeners over both families, connections that carried traffic, some of them
// half closed, and datagram sockets.
func (r *Rig) Hold(t testing.TB) []Held {
	t.Helper()
	program := Build(t, "sockeye/internal/test/winetest/testdata/holder")
	cmd := r.Command(t.Context(), program)
	var messages bytes.Buffer
	cmd.Stderr = &messages
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait() // ended by the end of its input, or by the context
	})
	timer := time.AfterFunc(Limit, func() { stdin.Close() })
	defer timer.Stop()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		t.Fatalf("the holder: %v\n%s", err, &messages)
	}
	var made []Held
	if err := json.Unmarshal(line, &made); err != nil {
		t.Fatal(err)
	}
	if len(made) < leastHeld {
		t.Fatalf("the holder made %d sockets", len(made))
	}
	return made
}
