package services

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

const sample = `# a comment
tcpmux		1/tcp				# TCP port service multiplexer
domain		53/tcp				# Domain Name Server
domain		53/udp
http		80/tcp		www		# WorldWideWeb HTTP
http-other	80/tcp		www		# the first entry wins
ntp 123/UDP
bad
bad 99999/tcp
bad 12
bad /tcp
bad -1/tcp
no-newline	7/tcp	Echo`

func parse(t *testing.T, text string) *DB {
	t.Helper()
	db, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestName(t *testing.T) {
	db := parse(t, sample)
	for k, want := range map[key]string{
		{53, "tcp"}: "domain", {53, "udp"}: "domain", {80, "tcp"}: "http", {80, "udp"}: "",
		{123, "udp"}: "ntp", {7, "tcp"}: "no-newline", {12, "tcp"}: "",
	} {
		got, ok := db.Name(k.port, k.protocol)
		if got != want || ok != (want != "") {
			t.Errorf("Name(%d, %s) = %q, %v; want %q", k.port, k.protocol, got, ok, want)
		}
	}
}

func TestPorts(t *testing.T) {
	db := parse(t, sample)
	for name, want := range map[string][]Port{
		"domain": {{53, "tcp"}, {53, "udp"}},
		"WWW":    {{80, "tcp"}},
		"echo":   {{7, "tcp"}},
		"bad":    nil,
		"80":     nil,
	} {
		if got := db.Ports(name); !cmp.Equal(got, want) {
			t.Errorf("Ports(%q) = %v, want %v", name, got, want)
		}
	}
	if !cmp.Equal(db.Names(), []string{"domain", "echo", "http", "http-other", "no-newline", "ntp", "tcpmux", "www"}) {
		t.Errorf("Names() = %q", db.Names())
	}
}

func TestLongLineIsSkipped(t *testing.T) {
	db := parse(t, "a 1/tcp "+strings.Repeat("x", 3*maxLine)+"\nb 2/tcp\n")
	if _, ok := db.Name(2, "tcp"); !ok {
		t.Error("the line after a long one is lost")
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("broken disk")
	if _, err := Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(file, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := load(file).Ports("ntp"); !cmp.Equal(got, []Port{{123, "udp"}}) {
		t.Errorf("from a file: %v", got)
	}
}

func TestWithoutFile(t *testing.T) {
	db := load(filepath.Join(t.TempDir(), "missing"))
	if db.lookup == nil {
		t.Fatal("a missing file leaves no fallback")
	}
	db.lookup = func(network, service string) (int, error) {
		if service == "https" && network == "tcp" {
			return 443, nil
		}
		return 0, errors.New("unknown")
	}
	if got := db.Ports("HTTPS"); !cmp.Equal(got, []Port{{443, "tcp"}}) {
		t.Errorf("Ports(HTTPS) = %v", got)
	}
	if got := db.Ports("443"); got != nil {
		t.Errorf("a number is taken for a name: %v", got)
	}
	if _, ok := db.Name(443, "tcp"); ok {
		t.Error("a name without a file")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("\x00 1/tcp\n\xff 65535/udp \xfe"))
	f.Fuzz(func(t *testing.T, data []byte) {
		db, err := Parse(strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		for k, name := range db.names {
			if len(db.Ports(name)) == 0 {
				t.Fatalf("%d/%s is %q, which has no port", k.port, k.protocol, name)
			}
		}
	})
}
