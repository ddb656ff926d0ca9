package iphlpapi

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sockeye/internal/test/winetest"
)

// TestLayoutsAreThoseOfTheHeaders has a C compiler compare every offset with
// the structures of the Windows headers, for either word size.
func TestLayoutsAreThoseOfTheHeaders(t *testing.T) {
	compiler := winetest.Compiler(t)
	source := filepath.Join(t.TempDir(), "layout.c")
	if err := os.WriteFile(source, []byte(assertions()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bits := range []string{"-m64", "-m32"} {
		cmd := exec.Command(compiler, bits, "-fsyntax-only", source)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", bits, err, out)
		}
	}
}

// assertions returns a C program that compiles if the layouts are right.
func assertions() string {
	var c strings.Builder
	c.WriteString("#define _WIN32_WINNT 0x0601\n#include <winsock2.h>\n#include <ws2ipdef.h>\n#include <iphlpapi.h>\n#include <winternl.h>\n#include <stddef.h>\n")
	assert := func(what string, value int) {
		fmt.Fprintf(&c, "_Static_assert(%s == %d, \"%s is not %d\");\n", what, value, what, value)
	}
	for table, rows := range layouts {
		for d, l := range rows {
			assert("sizeof("+l.name+")", l.size)
			assert("offsetof("+strings.Replace(l.name, "ROW", "TABLE", 1)+", table)", l.first)
			for member, at := range membersOf(table.String(), detail(d), l) {
				assert("offsetof("+l.name+", "+member+")", at)
			}
		}
	}
	for member, at := range map[string]string{
		"NextEntryOffset": fmt.Sprint(offsetNext), "CreateTime": fmt.Sprint(offsetCreated), "ImageName.Length": fmt.Sprint(offsetNameLength),
		"ImageName.Buffer": word(wordName), "UniqueProcessId": word(wordPID), "InheritedFromUniqueProcessId": word(wordParent),
		"HandleCount": word(wordsEnd),
	} {
		fmt.Fprintf(&c, "_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION, %s) == %s, \"%[1]s\");\n", member, at)
	}
	assert("sizeof(((MIB_TCPROW_OWNER_MODULE *)0)->OwningModuleInfo)", moduleSize)
	assert("sizeof(TCPIP_OWNER_MODULE_BASIC_INFO)", 0)
	return strings.Replace(c.String(), "sizeof(TCPIP_OWNER_MODULE_BASIC_INFO) == 0", "sizeof(TCPIP_OWNER_MODULE_BASIC_INFO) == 2 * sizeof(void *)", 1)
}

// word is the offset of a word of SYSTEM_PROCESS_INFORMATION, in C.
func word(i int) string { return fmt.Sprintf("%d + %d * sizeof(void *)", offsetWords, i) }

// membersOf names the C member of each offset. The headers have three ways to
// spell them.
func membersOf(table string, d detail, l layout) map[string]int {
	names := map[string]*int{
		"dwState": &l.state, "dwLocalAddr": &l.local, "dwLocalPort": &l.localPort,
		"dwRemoteAddr": &l.remote, "dwRemotePort": &l.remotePrt, "dwOwningPid": &l.pid,
		"liCreateTimestamp": &l.created, "OwningModuleInfo": &l.module,
	}
	switch {
	case table == "tcp/ipv6" && d == basic:
		names = map[string]*int{"State": &l.state, "LocalAddr": &l.local, "dwLocalScopeId": &l.localScope, "dwLocalPort": &l.localPort,
			"RemoteAddr": &l.remote, "dwRemoteScopeId": &l.remoteScope, "dwRemotePort": &l.remotePrt}
	case table == "udp/ipv6" && d == basic:
		names = map[string]*int{"dwLocalAddr": &l.local, "dwLocalScopeId": &l.localScope, "dwLocalPort": &l.localPort}
	case strings.HasSuffix(table, "ipv6"):
		delete(names, "dwLocalAddr")
		delete(names, "dwRemoteAddr")
		names["ucLocalAddr"], names["ucRemoteAddr"] = &l.local, &l.remote
		names["dwLocalScopeId"], names["dwRemoteScopeId"] = &l.localScope, &l.remoteScope
	}
	offsets := map[string]int{}
	for name, at := range names {
		if *at != absent {
			offsets[name] = *at
		}
	}
	return offsets
}
