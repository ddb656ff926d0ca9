package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows are the only imports permitted between the packages of the project,
// tests aside. docs/architecture.md shows them as a picture.
var arrows = map[string][]string{
	".":                        {"internal/cli"},
	"internal/cli":             {"platform", "render", "render/portview", "render/summaryview", "internal/doctor", "internal/explain", "internal/top", "sock", "sock/change", "sock/escape", "sock/fact", "sock/filter", "sock/snapshot", "internal/services", "internal/suggest"},
	"internal/doctor":          {"sock", "sock/change"},
	"internal/explain":         {"internal/doctor", "render", "sock", "sock/fact"},
	"internal/services":        {},
	"internal/suggest":         {},
	"internal/top":             {"internal/doctor", "internal/explain", "render", "sock", "sock/change", "sock/escape", "sock/fact", "sock/filter"},
	"internal/test/population": {},
	"platform":                 {"sockdiag", "procnet", "platform/bpfiter", "platform/container", "platform/iphlpapi", "platform/nat", "platform/netns", "platform/portable", "platform/tracer", "sock", "sock/change", "sock/fact", "sock/filter"},
	"platform/container":       {"sock"},
	"platform/nat":             {"sock"},
	"platform/netns":           {"procnet"},
	"platform/bpfiter":         {"sock", "sock/ownerindex"},
	"platform/tracer":          {"platform/bpfiter", "sock"},
	"platform/iphlpapi":        {"sock"},
	"platform/portable":        {"sock"},
	"sockdiag":                 {"sock", "sock/fact", "sock/filter"},
	"procnet":                  {"sock", "sock/ownerindex"},
	"render":                   {"sock", "sock/escape", "sock/fact", "sock/snapshot", "internal/suggest"},
	"render/portview":          {"render", "sock", "sock/escape", "sock/fact"},
	"render/summaryview":       {"sock", "sock/fact"},
	"sock":                     {},
	"sock/change":              {"sock"},
	"sock/escape":              {},
	"sock/fact":                {"sock", "sock/escape", "internal/suggest"},
	"sock/filter":              {"sock", "sock/fact", "internal/suggest"},
	"sock/snapshot":            {"sock", "sock/escape", "sock/fact"},
	"sock/ownerindex":          {"sock"},
	"sock/socktest":            {"sock"},
	"internal/test/fault":      {},
	"internal/test/livetest":   {},
	"internal/test/terminal":   {},
	"internal/test/winetest":   {},
	"internal/docgen":          {"internal/doctor", "platform", "sock", "sock/fact"},
	"bench":                    {"internal/test/population"},
	"bench/gopsutil":           {},
	"bench/screened":           {"internal/test/terminal"},
	"bench/traced":             {"platform/tracer", "sock"},
}

// behind says which packages a library from outside may be imported by: each
// stays behind one.
var behind = map[string][]string{
	"charm.land/bubbletea/v2":                  {"internal/top"},
	"github.com/charmbracelet/colorprofile":    {"internal/top"},
	"github.com/vishvananda/netlink":           {"sockdiag"},
	"github.com/shirou/gopsutil/v3":            {"platform", "platform/portable", "bench/gopsutil"},
	"github.com/urfave/cli/v2":                 {"internal/cli"},
	"github.com/rivo/uniseg":                   {"render"},
	"github.com/agext/levenshtein":             {"internal/suggest"},
	"golang.org/x/net":                         {"sockdiag"},
	"github.com/cilium/ebpf":                   {"platform/tracer", "platform/nat", "tests"},
	"golang.org/x/term":                        {"internal/cli"},
	"golang.org/x/sys":                         {"sockdiag", "procnet", "platform", "platform/bpfiter", "platform/tracer", "platform/container", "platform/iphlpapi", "platform/nat", "platform/netns", "internal/cli", "internal/test/fault", "internal/test/population", "internal/test/winetest", "internal/test/livetest", "internal/test/terminal", "bench", "bench/screened", "bench/traced"},
	"github.com/google/nftables":               {"platform/nat"},
	"github.com/mdlayher/netlink":              {"tests"},
	"github.com/google/go-cmp":                 {"tests"},
	"github.com/rogpeppe/go-internal":          {"tests"},
	"github.com/santhosh-tekuri/jsonschema/v6": {"tests"},
}

// imports calls visit for every import of every Go file below the module.
func imports(t *testing.T, visit func(dir, file, imported string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && name != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			visit(filepath.ToSlash(filepath.Dir(name)), name, strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestArrowsBetweenPackages(t *testing.T) {
	seen := map[string]bool{}
	imports(t, func(dir, file, imported string) {
		seen[dir] = true
		target, ours := strings.CutPrefix(imported, "sockeye/")
		if !ours || strings.HasSuffix(file, "_test.go") {
			return
		}
		if allowed, known := arrows[dir]; !known {
			t.Errorf("%s: package %s has no entry in the arrows", file, dir)
		} else if !slices.Contains(allowed, target) {
			t.Errorf("%s: package %s may not import %s", file, dir, target)
		}
	})
	for dir := range arrows {
		if !seen[dir] {
			t.Errorf("the arrows name the package %s, which does not exist", dir)
		}
	}
}

func TestLibrariesStayBehindOnePackage(t *testing.T) {
	imports(t, func(dir, file, imported string) {
		first, _, _ := strings.Cut(imported, "/")
		if !strings.Contains(first, ".") {
			return // the standard library or our own
		}
		library, allowed := "", []string(nil)
		for name, dirs := range behind {
			if imported == name || strings.HasPrefix(imported, name+"/") {
				library, allowed = name, dirs
			}
		}
		switch {
		case library == "":
			t.Errorf("%s: no package is said to own the library %s", file, imported)
		case strings.HasSuffix(file, "_test.go") && slices.Contains(allowed, "tests"):
		case !slices.Contains(allowed, dir) && !slices.Contains(allowed, path.Dir(dir)):
			t.Errorf("%s: the library %s belongs to %v", file, imported, allowed)
		}
	})
}

// TestProcessesOfOtherSystems: gopsutil is asked about processes where there is no /proc
// alone. It reads /proc/stat twice when a program that holds that package starts.
func TestProcessesOfOtherSystems(t *testing.T) {
	imports(t, func(_, file, imported string) {
		if imported == "github.com/shirou/gopsutil/v3/process" && !strings.HasSuffix(file, "_other.go") && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s imports %s", file, imported)
		}
	})
}

// TestWordsImportTheStandardLibraryOnly pins the first rule of package sock.
func TestWordsImportTheStandardLibraryOnly(t *testing.T) {
	imports(t, func(dir, file, imported string) {
		first, _, _ := strings.Cut(imported, "/")
		if dir == "sock" && !strings.HasSuffix(file, "_test.go") && (strings.Contains(first, ".") || first == "sockeye") {
			t.Errorf("%s imports %s", file, imported)
		}
	})
}

// ambient are the words by which code looks at the network namespace of its
// thread, or at /proc, by itself, and the one file that may use each. All else
// takes them from its sock.Environment.
var ambient = map[string]string{
	`"/proc`:                "platform/environment_linux.go",
	"syscall.NetlinkRIB":    "",
	"unix.NETLINK_ROUTE":    "platform/route_linux.go",
	"net.Interfaces":        "platform/environment.go",
	"net.InterfaceByName":   "",
	"net.InterfaceByIndex":  "",
	"net.InterfaceAddrs":    "",
	"unix.Setns":            "platform/netns/netns_linux.go",
	"unix.Unshare":          "",
	"netns.Open":            "platform/environment_linux.go",
	"nl.GetNetlinkSocketAt": "",
}

// TestOneEnvironment: no source looks at the namespace of its thread or at /proc
// but through its environment.
func TestOneEnvironment(t *testing.T) {
	used := map[string]bool{}
	for _, top := range []string{"sock", "sockdiag", "procnet", "platform"} {
		files(t, top, func(name string, file *ast.File) {
			ast.Inspect(file, func(n ast.Node) bool {
				word := wordOf(n)
				only, known := ambient[word]
				if known && name != only {
					t.Errorf("%s uses %s: it belongs to the environment", name, word)
				}
				used[word] = used[word] || known
				return true
			})
		})
	}
	for word, only := range ambient {
		if only != "" && !used[word] {
			t.Errorf("%s does not use %s any more", only, word)
		}
	}
}

// wordOf returns an identifier of a package as it is used, or `"/proc` for a text
// that names a file there.
func wordOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		if pkg, ok := n.X.(*ast.Ident); ok {
			return pkg.Name + "." + n.Sel.Name
		}
	case *ast.BasicLit:
		if text := strings.Trim(n.Value, "\"`"); n.Kind == token.STRING && (text == "/proc" || strings.HasPrefix(text, "/proc/")) {
			return `"/proc`
		}
	}
	return ""
}

// files calls visit for every Go file below a folder, tests and test data aside.
func files(t *testing.T, top string, visit func(name string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return filepath.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err == nil {
			visit(filepath.ToSlash(name), parsed)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
