//go:build profile

package cli

import (
	"os"
	"runtime"
	"runtime/pprof"
)

// A build with the tag profile writes profiles of itself to the files that the
// environment names: SOCKEYE_CPUPROFILE of processor time, SOCKEYE_MEMPROFILE of
// every allocation. The benchmark makes such a build.

func init() {
	if os.Getenv("SOCKEYE_MEMPROFILE") != "" {
		runtime.MemProfileRate = 1
	}
}

// profile begins what the environment asks; stop ends it.
func profile() (stop func()) {
	cpu, err := create("SOCKEYE_CPUPROFILE")
	if cpu != nil && err == nil {
		err = pprof.StartCPUProfile(cpu)
	}
	if err != nil {
		panic(err)
	}
	return func() {
		if cpu != nil {
			pprof.StopCPUProfile()
			cpu.Close()
		}
		if mem, err := create("SOCKEYE_MEMPROFILE"); err == nil && mem != nil {
			_ = pprof.Lookup("allocs").WriteTo(mem, 0)
			mem.Close()
		}
	}
}

func create(name string) (*os.File, error) {
	path := os.Getenv(name)
	if path == "" {
		return nil, nil
	}
	return os.Create(path)
}
