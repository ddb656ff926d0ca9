package winetest

import (
	"os"
	"os/exec"
	"testing"
)

// Skip leaves a test out for a reason of this machine. Where
// SOCKEYE_TEST_REQUIRE=all is set, that is a failure.
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("SOCKEYE_TEST_REQUIRE") == "all" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// programs are those of the host that a rig needs.
type programs struct{ wine, server, compiler string }

// Debian keeps the 64-bit programs here; /usr/bin/wine there is a script that
// prefers a 32-bit Wine.
const debianWine = "/usr/lib/wine/"

// find looks for the programs, or skips the test and names the packages that
// have them.
func find(t testing.TB) programs {
	t.Helper()
	return programs{
		wine:     look(t, "wine64", "wine64", debianWine+"wine64", "wine"),
		server:   look(t, "wine64", "wineserver64", debianWine+"wineserver64", "wineserver"),
		compiler: look(t, "gcc-mingw-w64-x86-64", compilerName),
	}
}

const compilerName = "x86_64-w64-mingw32-gcc"

// Compiler returns the path of the mingw compiler, or skips the test.
func Compiler(t testing.TB) string {
	t.Helper()
	return look(t, "gcc-mingw-w64-x86-64", compilerName)
}

// look returns the first of the programs that there is.
func look(t testing.TB, debian string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Skip(t, "%s is missing (Debian: apt-get install %s)", names[0], debian)
	return ""
}
