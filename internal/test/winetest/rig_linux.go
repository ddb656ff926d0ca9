package winetest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The bounds of what a rig waits for.
const (
	bootLimit = 5 * time.Minute
	stopLimit = 30 * time.Second
)

//go:embed testdata/bcryptprimitives.c
var prngSource []byte

// Rig is a Wine of the test's own.
type Rig struct {
	programs
	dir string
	env []string
	ns  *namespace
}

// New makes a rig. It skips the test, and says why, where Wine, the compiler or
// the right to make a network namespace is missing. All that runs in the rig
// ends with the test.
func New(t testing.TB) *Rig {
	t.Helper()
	if os.Geteuid() != 0 {
		Skip(t, "a network namespace needs root")
	}
	r := &Rig{programs: find(t), dir: t.TempDir()}
	r.ns = newNamespace(t)
	r.env = environment(r.dir)
	// Registered after the directory and the namespace, so it runs before
	// they go.
	t.Cleanup(func() { r.stop(t) })
	r.boot(t)
	r.install(t)
	return r
}

// environment is the host's, but for a prefix in dir and a Wine that says
// nothing, opens no window and installs nothing.
func environment(dir string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "WINE") || name == "DISPLAY" || name == "WAYLAND_DISPLAY" || name == "HOME" || name == "TMPDIR"
	})
	return append(env,
		"HOME="+dir,
		"TMPDIR="+dir, // Debian's Wine leaves the directory of its server behind
		"WINEPREFIX="+filepath.Join(dir, "prefix"),
		"WINEARCH=win64",
		"WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe=d",
	)
}

// boot makes the prefix. On a busy machine Wine 8 now and then does not find its
// own kernel32.dll there, so it is made anew.
func (r *Rig) boot(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), bootLimit)
	defer cancel()
	var failed error
	for range 3 {
		out, err := r.Output(r.Command(ctx, "wineboot", "--init"))
		if err == nil {
			return
		}
		failed = fmt.Errorf("%w\n%s", err, out)
		r.stop(t)
		if err := os.RemoveAll(filepath.Join(r.dir, "prefix")); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatalf("make a Wine prefix: %v", failed)
}

// install puts the stand-in for bcryptprimitives.dll where this Wine has none.
func (r *Rig) install(t testing.TB) {
	t.Helper()
	system := filepath.Join(r.dir, "prefix", "drive_c", "windows", "system32")
	library := filepath.Join(system, "bcryptprimitives.dll")
	if _, err := os.Stat(library); err == nil {
		return
	}
	source := filepath.Join(r.dir, "bcryptprimitives.c")
	if err := os.WriteFile(source, prngSource, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(r.compiler, "-O1", "-Wall", "-Werror", "-shared", "-o", library, source, "-ladvapi32")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build bcryptprimitives.dll: %v\n%s", err, out)
	}
}

// Command returns the command that runs a Windows program: a path of the host,
// or a name that Wine knows. It is not started; the environment and standard
// streams may still be set. It ends, at the latest, with ctx.
func (r *Rig) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.wine, append([]string{program}, args...)...)
	cmd.Env = slices.Clone(r.env)
	cmd.Dir = r.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// Wine's own processes keep the streams of the one that started them.
	cmd.WaitDelay = time.Second
	return cmd
}

// Start starts a command of [Rig.Command] in the rig's network namespace.
func (r *Rig) Start(cmd *exec.Cmd) error { return r.Do(cmd.Start) }

// Do calls f on a thread in the rig's network namespace: a socket that it opens
// is in there.
func (r *Rig) Do(f func() error) error { return r.ns.do(f) }

// Output runs a command and returns what it writes to standard output. The error
// is as of [exec.Cmd.Output], with what it wrote to standard error.
func (r *Rig) Output(cmd *exec.Cmd) ([]byte, error) {
	// Files and not pipes, which Wine's own processes would hold open.
	out, err := os.CreateTemp(r.dir, "stdout")
	if err != nil {
		return nil, err
	}
	defer out.Close()
	messages, err := os.CreateTemp(r.dir, "stderr")
	if err != nil {
		return nil, err
	}
	defer messages.Close()
	cmd.Stdout, cmd.Stderr = out, messages
	if err = r.Start(cmd); err == nil {
		err = cmd.Wait()
	}
	text, readErr := os.ReadFile(out.Name())
	if readErr != nil {
		return nil, readErr
	}
	if said, readErr := os.ReadFile(messages.Name()); readErr == nil && err != nil {
		err = fmt.Errorf("%w\n%s", err, ownWords(string(said)))
	}
	return text, err
}

// ownWords returns what a program wrote to standard error without the lines of
// Wine's own. While a process ends it closes its socket to the wineserver, and a
// thread that still asks something says "wine client error:4ac: sendmsg: Socket
// operation on non-socket": the program has nothing to do with it, and its exit
// status stays what it was.
func ownWords(said string) string {
	var own strings.Builder
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "wine client error:") {
			own.WriteString(line)
		}
	}
	return own.String()
}

// stop ends every process of the prefix.
func (r *Rig) stop(t testing.TB) {
	for _, option := range []string{"-k", "-w"} {
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		cmd := exec.CommandContext(ctx, r.server, option)
		cmd.Env = r.env
		// wineserver -k fails if nothing runs any more.
		if out, err := cmd.CombinedOutput(); err != nil && option == "-w" {
			t.Errorf("wait for Wine to end: %v\n%s", err, out)
		}
		cancel()
	}
}
