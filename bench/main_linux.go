package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sockeye/internal/test/population"
)

// options are the flags.
type options struct {
	sockets, runs int
	out, rows     string
	binary        string
	check         bool
	profiles
}

func main() {
	population.RunHelper()
	if measuring() {
		os.Exit(exitStatus(measureLoop(os.Stdin, os.Stdout)))
	}
	if population.Inside() {
		os.Exit(exitStatus(work()))
	}
	var o options
	flag.IntVar(&o.sockets, "sockets", 100_000, "TCP `sockets` of the mass population, two to a connection")
	flag.IntVar(&o.runs, "runs", 11, "`runs` of each command")
	flag.StringVar(&o.out, "out", filepath.Join("docs", "benchmarks.md"), "`page` that holds the table; empty: standard output alone")
	flag.StringVar(&o.rows, "rows", "", "measure only rows whose name contains one of these comma-separated `texts`")
	flag.StringVar(&o.binary, "binary", "", "measure this `program` instead of building sockeye")
	flag.BoolVar(&o.check, "check", false, "exit with status 1 if a budget is missed or a row is not measured")
	flag.StringVar(&o.CPU, "cpuprofile", "", "profile each of our commands, as often as it was measured, into this `folder`")
	flag.StringVar(&o.Mem, "memprofile", "", "profile the allocations of each of our commands into this `folder`")
	flag.Parse()
	os.Exit(exitStatus(run(o)))
}

// errBudget is the error of -check.
var errBudget = errors.New("a budget is missed")

func exitStatus(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errBudget):
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 2
}

// run measures and writes the table.
func run(o options) error {
	selected := selectRows(rows, o.rows)
	if len(selected) == 0 || o.runs < 1 || o.sockets < 2 || flag.NArg() > 0 {
		return errors.New("nothing to measure: see -help")
	}
	dir, err := os.MkdirTemp("", "sockeye-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binaries, err := programs(o, dir)
	if err != nil {
		return err
	}
	a := about{Command: commandLine(), Date: time.Now().Format(time.DateOnly), Machine: machine(), Sockets: o.sockets, Runs: o.runs}
	var results []result
	for _, name := range populationsOf(selected) {
		job := job{Population: name, Rows: selected, Sockets: socketsOf(selected, name, o.sockets), Runs: o.runs, Binaries: binaries, Profiles: o.profiles}
		done, err := runJob(job, filepath.Join(dir, name+".json"))
		if err != nil {
			return fmt.Errorf("population %s: %w", name, err)
		}
		results = append(results, done.Results...)
		a.FloorMiB = max(a.FloorMiB, float64(done.FloorKiB)/1024)
	}
	var table bytes.Buffer
	if err := errors.Join(writeTable(&table, a, results), writeGrowth(&table, results)); err != nil {
		return err
	}
	if _, err := os.Stdout.Write(table.Bytes()); err != nil {
		return err
	}
	if err := writePage(o.out, table.String()); err != nil {
		return err
	}
	return verdict(o, results)
}

// commandLine is what was typed, as far as it says what was measured.
func commandLine() string {
	return strings.Join(append([]string{"go run ./bench"}, os.Args[1:]...), " ")
}

func writePage(path, table string) error {
	if path == "" {
		return nil
	}
	page, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	page, err = replaceTable(page, table)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, page, 0o644)
}

func verdict(o options, results []result) error {
	if !o.check {
		return nil
	}
	var errs []error
	for i := range results {
		if r := &results[i]; r.Skipped != "" {
			errs = append(errs, fmt.Errorf("%s: not measured: %s: %w", r.Row.Name, r.Skipped, errBudget))
		} else if missed := r.missed(); len(missed) > 0 {
			errs = append(errs, fmt.Errorf("%s: %s: %w", r.Row.Name, strings.Join(missed, " and "), errBudget))
		}
	}
	return errors.Join(errs...)
}
