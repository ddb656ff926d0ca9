package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// profiles are the folders that profiles are written to; empty: none. The files
// of a row are for `go tool pprof`, which takes several at once.
type profiles struct{ CPU, Mem string }

func (p profiles) asked() bool { return p.CPU != "" || p.Mem != "" }

// make makes the folders, and their paths independent of the working directory.
func (p *profiles) make() error {
	for _, dir := range []*string{&p.CPU, &p.Mem} {
		if *dir == "" {
			continue
		}
		path, err := filepath.Abs(*dir)
		if err == nil {
			err = os.MkdirAll(path, 0o755)
		}
		if err != nil {
			return err
		}
		*dir = path
	}
	return nil
}

// profile runs our command of a row so often, with profiles. These runs are not
// among those that are measured.
func (j *job) profile(r row, ours []string) error {
	if !j.Profiles.asked() || r.Ours[0] != "sockeye" {
		return nil
	}
	name := strings.Map(func(c rune) rune {
		if c == ' ' || c == '/' {
			return '-'
		}
		return c
	}, strings.ReplaceAll(r.Name, ",", ""))
	for i := range j.Runs {
		cmd := exec.Command(j.Binaries["profiled"], ours[1:]...)
		cmd.Env = commandEnv()
		if j.Profiles.CPU != "" {
			cmd.Env = append(cmd.Env, fmt.Sprintf("SOCKEYE_CPUPROFILE=%s.%d.cpu", filepath.Join(j.Profiles.CPU, name), i))
		}
		if j.Profiles.Mem != "" {
			cmd.Env = append(cmd.Env, fmt.Sprintf("SOCKEYE_MEMPROFILE=%s.%d.mem", filepath.Join(j.Profiles.Mem, name), i))
		}
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("profile %s: %w", strings.Join(ours, " "), err)
		}
	}
	return nil
}
