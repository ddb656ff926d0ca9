package livetest

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"sockeye/internal/test/population"
)

// enoughFiles are those with which the answer is whole: the three that every
// program has, four that the Go runtime keeps open (two of control groups, two to
// wait for others), one that is the network namespace, and the three that a search
// through /proc needs at a time: its root, a table and a stat file.
const enoughFiles = 11

// TestFewFiles asks with hardly more files allowed than the program needs to run
// at all. The answer is the same, or says what is missing from it.
func TestFewFiles(t *testing.T) {
	if !population.Alone(t, "cat", "sh") {
		return
	}
	p := newFaultPopulation(t)
	held := socketsOf(t)
	port, deep := strconv.Itoa(p.shared), strconv.Itoa(p.deep)
	for _, args := range [][]string{{"-tulpan"}, {"-xa"}, {"-tuxa", "--owners", "proc"}, {"port", port}, {"process", deep, "-A", "tcp,udp,unix"}} {
		q := question{args: args}
		q.learn(t, held)
		step := 1
		if testing.Short() {
			step = 4
		}
		for files := 8; files <= 20; files += step {
			few := []string{"-c", "ulimit -n " + strconv.Itoa(files) + `; exec "$0" "$@"`, os.Getenv(binaryEnv), "--json", "--strict"}
			got := run(t, exec.CommandContext(t.Context(), "sh", append(few, args...)...))
			name := fmt.Sprintf("%v with %d files", args, files)
			doc := decode(t, got.stdout)
			missing := q.compare(t, name, doc)
			lines := checkMessages(t, got.stderr)
			told := !doc.Complete && got.status == 3 && len(lines) > 0
			if whole := doc.Complete && got.status == 0 && missing == ""; !whole && (files >= enoughFiles || !told) {
				t.Errorf("%s: %q is missing, exit status %d, %q", name, missing, got.status, lines)
			}
		}
	}
}
