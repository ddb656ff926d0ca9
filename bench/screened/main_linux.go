// Command screened runs a program on a terminal of 160 columns and 50 lines and measures
// it there, for the benchmark:
//
//	screened rest SECONDS COMMAND [WORD ..]   the processor time of each second
//	screened keys N COMMAND [WORD ..]         from a key to what the terminal is sent
//	screened churn SECONDS COMMAND [WORD ..]  what it holds while connections come and go
//
// A COMMAND is looked for beside this program first. What was measured is printed, and
// written as JSON to descriptor 3 if there is one: the middle time, the processor time,
// and the peak memory of the program in KiB. With churn, a program that holds much more at
// the end than after a tenth of the time ends it with status 1.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// sample is what bench knows of a run.
type sample struct {
	Wall, CPU time.Duration
	RSS       int64 // KiB
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "screened:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("what to measure, how long or how often, and a command are needed")
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 1 {
		return fmt.Errorf("%s: no number of seconds or keys", args[1])
	}
	measure := map[string]func(*program, int) (sample, error){"rest": rest, "keys": keys, "churn": churn}[args[0]]
	if measure == nil {
		return fmt.Errorf("%s: rest, keys and churn are measured", args[0])
	}
	out := benchmark()
	p, err := start(args[2:])
	if err != nil {
		return err
	}
	s, err := measure(p, n)
	if err := errors.Join(err, p.stop()); err != nil {
		return err
	}
	fmt.Printf("%v, %v of processor time, peak %d KiB\n", s.Wall, s.CPU, s.RSS)
	if out == nil {
		return nil
	}
	return json.NewEncoder(out).Encode(s)
}

// benchmark returns descriptor 3 if it is a pipe, on which the benchmark listens.
func benchmark() *os.File {
	const told = 3
	var st unix.Stat_t
	if unix.Fstat(told, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFIFO {
		return nil
	}
	unix.CloseOnExec(told)
	return os.NewFile(told, "benchmark")
}
