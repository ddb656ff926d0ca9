package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// How README.md tells to build the program. The tag leaves out of the library of
// the command line what makes manual pages, whose start takes half a millisecond;
// without cgo there is no dynamic linking, which takes another.
const (
	releaseEnv  = "CGO_ENABLED=0"
	releaseTags = "urfave_cli_no_docs"
)

// programs returns the paths of what the rows call by a name of ours: sockeye is
// the given one, or built into dir as a release is; gopsutil, traced and screened are
// always built, and profiled, a sockeye that writes profiles, only if they are asked.
func programs(o options, dir string) (map[string]string, error) {
	paths := map[string]string{}
	if o.binary != "" {
		path, err := filepath.Abs(o.binary)
		if err != nil {
			return nil, err
		}
		paths["sockeye"] = path
	}
	builds := []struct {
		name string
		args []string
	}{
		{"sockeye", []string{"-tags", releaseTags, "sockeye"}},
		{"gopsutil", []string{"sockeye/bench/gopsutil"}},
		{"traced", []string{"sockeye/bench/traced"}},
		{"screened", []string{"sockeye/bench/screened"}},
		{"profiled", []string{"-tags", releaseTags + ",profile", "sockeye"}},
	}
	for _, b := range builds {
		if paths[b.name] != "" || b.name == "profiled" && !o.profiles.asked() {
			continue
		}
		path := filepath.Join(dir, b.name)
		build := exec.Command("go", append([]string{"build", "-trimpath", "-o", path}, b.args...)...)
		build.Stderr = os.Stderr
		build.Env = append(os.Environ(), releaseEnv)
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build %s: %w", b.name, err)
		}
		paths[b.name] = path
	}
	return paths, o.profiles.make()
}
