// Package services knows the names of ports: /etc/services, and its like on
// Windows, in both directions.
package services

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Port is a port of a protocol, such as 53/udp.
type Port struct {
	Number   uint16
	Protocol string // lower-case, such as "tcp"
}

type key struct {
	port     uint16
	protocol string
}

// DB is the content of a services file. It is safe for concurrent use once
// made. The zero DB knows nothing.
type DB struct {
	names map[key]string
	ports map[string][]Port // by lower-case name or alias
	// lookup asks the Go library instead where there is no file.
	lookup func(network, service string) (int, error)
}

// System returns this machine's services, read when first asked for. Where the
// file cannot be read, names are looked up with [net.LookupPort], which has a
// few of its own, and ports have no names.
var System = sync.OnceValue(func() *DB { return load(path()) })

// path returns where the file is; %SystemRoot% is C:\Windows on nearly every
// Windows, and is set even for services.
func path() string {
	if runtime.GOOS != "windows" {
		return "/etc/services"
	}
	root := os.Getenv("SystemRoot")
	if root == "" {
		root = `C:\Windows`
	}
	return filepath.Join(root, "System32", "drivers", "etc", "services")
}

func load(file string) *DB {
	f, err := os.Open(file)
	if err != nil {
		return &DB{lookup: net.LookupPort}
	}
	defer f.Close()
	db, err := Parse(f)
	if err != nil && len(db.names) == 0 {
		db.lookup = net.LookupPort
	}
	return db
}

// Name returns the name of a port in a protocol such as "tcp", and whether it
// has one.
func (db *DB) Name(port uint16, protocol string) (string, bool) {
	name, ok := db.names[key{port, protocol}]
	return name, ok
}

// Ports returns the ports that a name or an alias has, one for each protocol,
// in the order of the file. It is empty if nobody knows the name. Case makes no
// difference.
func (db *DB) Ports(name string) []Port {
	name = strings.ToLower(name)
	if db.lookup == nil {
		return slices.Clone(db.ports[name])
	}
	// LookupPort takes numbers too, which are not names.
	if name == "" || strings.Trim(name, "+-0123456789") == "" {
		return nil
	}
	var ports []Port
	for _, protocol := range [...]string{"tcp", "udp"} {
		if n, err := db.lookup(protocol, name); err == nil && n > 0 && n < 1<<16 {
			ports = append(ports, Port{uint16(n), protocol})
		}
	}
	return ports
}

// Names returns every name and alias, sorted; it is what a suggestion is chosen
// from.
func (db *DB) Names() []string {
	names := make([]string, 0, len(db.ports))
	for name := range db.ports {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
