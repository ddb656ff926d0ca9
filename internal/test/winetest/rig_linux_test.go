package winetest

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sockeye/internal/test/population"
)

// TestRig runs a program that is built here: what it prints, how it ends and
// which network it sees.
func TestRig(t *testing.T) {
	if !population.Long() {
		t.Skip("a Wine prefix takes some 20 seconds: SOCKEYE_TEST_REQUIRE=all runs it")
	}
	rig := New(t)
	program := Build(t, "./testdata/echo")
	// On an address of its own: no port inside is taken for this one.
	outside, err := net.Listen("tcp4", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	var inside net.Listener
	err = rig.Do(func() (err error) {
		inside, err = net.Listen("tcp4", "127.0.0.1:0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		address net.Addr
		status  int
		want    string
	}{
		{inside.Addr(), 0, "true"}, {inside.Addr(), 3, "true"}, {outside.Addr(), 2, "false"},
	} {
		status := string(rune('0' + c.status))
		out, err := rig.Output(rig.Command(ctx, program, c.address.String(), status))
		want := "[" + c.address.String() + " " + status + "] " + c.want + "\n"
		if string(out) != want {
			t.Errorf("it prints %q, want %q", out, want)
		}
		var exit *exec.ExitError
		switch {
		case c.status == 0 && err != nil:
			t.Errorf("status 0: %v", err)
		case c.status != 0 && (!errors.As(err, &exit) || exit.ExitCode() != c.status || !strings.Contains(err.Error(), "a message")):
			t.Errorf("status %d: %v", c.status, err)
		}
	}
}

// TestOwnWords: what Wine says of its own end is none of the program's words.
func TestOwnWords(t *testing.T) {
	said := "sockeye: -T\nwine client error:4ac: sendmsg: Socket operation on non-socket\nlast"
	if got := ownWords(said); got != "sockeye: -T\nlast" {
		t.Errorf("%q", got)
	}
}
