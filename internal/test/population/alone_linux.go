package population

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"runtime"
)

// T is what [Alone] needs of *testing.T; this package is part of programs too.
type T interface {
	Helper()
	Name() string
	Log(args ...any)
	Error(args ...any)
	Fatal(args ...any)
	Skip(args ...any)
}

// Long reports whether tests run in their long form, with more sockets and rounds:
// with SOCKEYE_TEST_REQUIRE=all and without -short.
func Long() bool {
	short := flag.Lookup("test.short")
	return os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" && (short == nil || short.Value.String() != "true")
}

// Alone runs the calling test again, as the only test of a process in new
// namespaces, and takes its outcome over. It reports whether this is that run:
//
//	if !population.Alone(t, "ip") {
//		return
//	}
//
// So no test sees what another left, such as connections in TIME_WAIT. Without
// the right to make namespaces, or without one of the programs, the test skips,
// or fails if SOCKEYE_TEST_REQUIRE is "all". TestMain must call [RunHelper]
// first.
//
// SOCKEYE_TEST_EMULATED says that the tests are a program of another processor
// under qemu: what asks this machine's kernel is not tested there.
func Alone(t T, programs ...string) bool {
	t.Helper()
	if Inside() {
		if err := Enter(); err != nil {
			t.Fatal(err)
		}
		return true
	}
	if os.Getenv("SOCKEYE_TEST_EMULATED") != "" {
		t.Skip("an emulated program cannot start itself again")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			Skip(t, err)
			return false
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	args := []string{"-test.v", "-test.run=^" + t.Name() + "$"}
	if short := flag.Lookup("test.short"); short != nil {
		args = append(args, "-test.short="+short.Value.String())
	}
	cmd := Command(args, nil)
	out, err := cmd.CombinedOutput()
	switch {
	case errors.Is(err, os.ErrPermission):
		Skip(t, "needs CAP_SYS_ADMIN to make namespaces of its own")
	case err != nil:
		t.Error(err, "\n"+string(out))
	default:
		t.Log("\n" + string(out))
	}
	return false
}

// Skip leaves a test out for a reason of this machine, or fails it if
// SOCKEYE_TEST_REQUIRE is "all".
func Skip(t T, reason any) {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
