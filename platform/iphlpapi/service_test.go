package iphlpapi

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"sockeye/sock"
)

// module answers as GetOwnerModuleFromTcpEntry does.
func (f *fake) module(t sock.Table, row, buf []byte) (needed, code uint32, base uint64) {
	f.hosts++
	const at = 0x7ff6_0000_1000
	l, _ := layoutOf(t, ownerModule)
	pid := binary.LittleEndian.Uint32(row[l.pid:])
	name, ok := f.modules[pid]
	if !ok || len(row) != l.size {
		return 0, 1168, at // ERROR_NOT_FOUND
	}
	b := encodeModule(at, 8, name, `C:\Windows\System32\`+name+".dll")
	if len(b) > len(buf) {
		return uint32(len(b)), codeInsufficientBuffer, at
	}
	copy(buf, b)
	return uint32(len(b)), codeSuccess, at
}

// encodeModule lays a TCPIP_OWNER_MODULE_BASIC_INFO out as Windows does: the
// strings behind the pointers.
func encodeModule(base uint64, wordSize int, texts ...string) []byte {
	b := make([]byte, 2*wordSize)
	for i, text := range texts {
		at := base + uint64(len(b))
		if wordSize == 4 {
			binary.LittleEndian.PutUint32(b[4*i:], uint32(at))
		} else {
			binary.LittleEndian.PutUint64(b[8*i:], at)
		}
		for _, unit := range append(utf16.Encode([]rune(text)), 0) {
			b = binary.LittleEndian.AppendUint16(b, unit)
		}
	}
	return b
}

func TestOwnerModuleOfEitherWordSize(t *testing.T) {
	for wordSize, base := range map[int]uint64{4: 0x00a41000, 8: 0x0000_01e0_2000_0008} {
		for _, texts := range [][2]string{
			{"Dnscache", `C:\Windows\system32\dnsrslvr.dll`}, {"", ""}, {"Žluťoučký 🐟", "x"},
		} {
			b := encodeModule(base, wordSize, texts[:]...)
			name, path, err := decodeModule(b, base, wordSize)
			if err != nil || name != texts[0] || path != texts[1] {
				t.Errorf("%d bytes: %q, %q, %v; want %q", wordSize, name, path, err, texts)
			}
		}
		// Null pointers: a protected process, to a user who is not elevated.
		if name, path, err := decodeModule(make([]byte, 64), base, wordSize); name+path != "" || err != nil {
			t.Errorf("null pointers: %q, %q, %v", name, path, err)
		}
	}
}

func TestOwnerModuleThatPointsElsewhere(t *testing.T) {
	const base = 0x10000
	whole := encodeModule(base, 8, "abc", "def")
	for n := range whole {
		if _, _, err := decodeModule(whole[:n:n], base, 8); !errors.Is(err, errModule) {
			t.Errorf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
	}
	for _, at := range []uint64{1, base - 1, base + uint64(len(whole)), 1<<64 - 1, base + uint64(len(whole)) - 1} {
		b := append([]byte(nil), whole...)
		binary.LittleEndian.PutUint64(b, at)
		if _, _, err := decodeModule(b, base, 8); !errors.Is(err, errModule) {
			t.Errorf("pointer %#x: %v", at, err)
		}
	}
}

func TestNamesThatAreNoText(t *testing.T) {
	for _, c := range []struct {
		units []uint16
		want  string
	}{
		{[]uint16{'a', 0xd800, 0}, "a\ufffd"},
		{[]uint16{0xd800, 'a', 0}, "\ufffda"},
		{[]uint16{0xdc00, 0xd83d, 0xdc1f, 0}, "\ufffd🐟"},
	} {
		var b []byte
		for _, u := range c.units {
			b = binary.LittleEndian.AppendUint16(b, u)
		}
		if got, err := wideString(b); err != nil || got != c.want {
			t.Errorf("%x is %q, %v; want %q", c.units, got, err, c.want)
		}
	}
}

func FuzzOwnerModule(f *testing.F) {
	f.Add(encodeModule(0x1000, 8, "Dnscache", "x"), uint64(0x1000), true)
	f.Add(encodeModule(0x1000, 4, "Dnscache", "x"), uint64(0x1000), false)
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255}, uint64(1<<64-1), true)
	f.Fuzz(func(t *testing.T, b []byte, base uint64, wide bool) {
		wordSize := 4
		if wide {
			wordSize = 8
		}
		name, path, err := decodeModule(b[:len(b):len(b)], base, wordSize)
		if err != nil && name+path != "" {
			t.Fatalf("%q and %q with %v", name, path, err)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(path) || strings.Contains(name, "\x00") {
			t.Fatalf("%q, %q", name, path)
		}
	})
}

func TestServicesOfAHost(t *testing.T) {
	f := newFake()
	f.names[900], f.names[901], f.names[902] = "svchost.exe", "SvcHost.exe", "dns.exe"
	f.modules = map[uint32]string{900: "Dnscache", 902: "NotAHost"}
	f.put(udp4, ownerModule,
		testRow{local: "0.0.0.0:53", pid: 900, tag: 1}, testRow{local: "0.0.0.0:54", pid: 900, tag: 1},
		testRow{local: "0.0.0.0:55", pid: 900, tag: 2}, testRow{local: "0.0.0.0:56", pid: 901},
		testRow{local: "0.0.0.0:57", pid: 902})
	all := listed(t, f.source(), want(sock.AllFields).Only(udp4))
	for i, service := range []string{"Dnscache", "Dnscache", "Dnscache", "", ""} {
		if got := all[i].Owners[0].Service; got != service || all[i].Knows(sock.FieldService) != (service != "") {
			t.Errorf("row %d: service %q, want %q", i, got, service)
		}
	}
	if f.hosts != 3 {
		t.Errorf("%d calls for 3 kinds of sockets of service hosts", f.hosts)
	}
	f.hosts = 0
	for _, s := range listed(t, f.source(), want(sock.FieldOwners).Only(udp4)) {
		if s.Knows(sock.FieldService) || s.Owners[0].Service != "" {
			t.Error("a service that nobody wants")
		}
	}
	if f.hosts != 0 {
		t.Errorf("%d calls for what nobody wants", f.hosts)
	}
}

func TestServiceNameThatNeedsRoom(t *testing.T) {
	f := newFake()
	f.names[900] = serviceHost
	long := strings.Repeat("x", 5000)
	f.modules = map[uint32]string{900: long}
	f.put(tcp6, ownerModule, testRow{state: 2, local: "[::]:1", pid: 900})
	all := listed(t, f.source(), want(sock.AllFields).Only(tcp6))
	if got := all[0].Owners[0].Service; got != long {
		t.Errorf("a service name of %d bytes has %d", len(long), len(got))
	}
}
