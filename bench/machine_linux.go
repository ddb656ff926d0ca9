package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// machine describes what the figures were taken on, a line each.
func machine() []string {
	lines := []string{
		fmt.Sprintf("%s, %d processors, %s of memory", field("/proc/cpuinfo", "model name"), runtime.NumCPU(), memory()),
		"Linux " + release() + ", " + runtime.GOARCH + ", " + runtime.Version(),
	}
	if out, err := exec.Command("ss", "-V").Output(); err == nil {
		lines = append(lines, strings.TrimSpace(string(out)))
	}
	return lines
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "of unknown release"
	}
	return unix.ByteSliceToString(u.Release[:])
}

func memory() string {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return "unknown size"
	}
	return fmt.Sprintf("%.0f GiB", float64(info.Totalram)*float64(info.Unit)/(1<<30))
}

// field returns the first value of a name in a file of `name : value` lines.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return "unknown processor"
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		key, value, ok := strings.Cut(scanner.Text(), ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
