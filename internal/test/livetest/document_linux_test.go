package livetest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// document is the JSON of a listing, version 1, as its readers see it. A pointer
// is nil where the member is absent or null.
type document struct {
	SchemaVersion int `json:"schema_version"`
	Source        string
	OwnerSource   string `json:"owner_source"`
	OwnerReason   string `json:"owner_reason"`
	Complete      bool
	Warnings      []warning
	Sockets       []record
}

type warning struct{ Code, Message string }

type record struct {
	Protocol, Family, State string

	LocalAddress  *string `json:"local_address"`
	LocalPort     *uint16 `json:"local_port"`
	RemoteAddress *string `json:"remote_address"`
	RemotePort    *uint16 `json:"remote_port"`
	Interface     *string
	V6Only        *bool `json:"v6only"`
	Mark          *uint32

	LocalPath *string `json:"local_path"`
	Abstract  *bool
	PeerInode *uint64 `json:"peer_inode"`
	Type      *string

	RecvQueue *uint64 `json:"recv_queue"`
	SendQueue *uint64 `json:"send_queue"`
	Backlog   *uint64

	Inode  *uint64
	Cookie *string
	UID    *uint32

	PID         *int
	Process     *string
	Owners      []owner
	OwnerStatus *string `json:"owner_status"`
}

type owner struct {
	PID, FD, TID int
	Process      string
}

// readDocument lists with --json and more arguments.
func readDocument(t *testing.T, args ...string) document {
	t.Helper()
	return decode(t, list(t, append([]string{"--json"}, args...)...))
}

// readAny lists in the format that the arguments name, --json if none.
func readAny(t *testing.T, args ...string) []record {
	t.Helper()
	if !slices.Contains(args, "--ndjson") {
		return readDocument(t, args...).Sockets
	}
	return decodeLines(t, list(t, args...))
}

// decodeFamilies reads what --ndjson prints of packet, netlink, VSOCK and XDP sockets.
func decodeFamilies(t *testing.T, text string) (all []familyRecord) {
	t.Helper()
	for line := range strings.Lines(text) {
		var r familyRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all = append(all, r)
	}
	return all
}

// decodeLines reads what --ndjson prints.
func decodeLines(t *testing.T, text string) (all []record) {
	t.Helper()
	for line := range strings.Lines(text) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all = append(all, r)
	}
	return all
}

func decode(t *testing.T, text string) document {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("the JSON is not UTF-8")
	}
	var doc document
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in %.2000s", err, text)
	}
	if doc.SchemaVersion != 1 {
		t.Errorf("schema_version is %d", doc.SchemaVersion)
	}
	return doc
}

// endOf joins the two members of an end. Absent is the zero value.
func endOf(address *string, port *uint16) (netip.AddrPort, error) {
	if address == nil {
		return netip.AddrPort{}, nil
	}
	addr, err := netip.ParseAddr(*address)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if addr.Zone() != "" || addr.Is4In6() || addr.String() != *address {
		return netip.AddrPort{}, fmt.Errorf("address %q is not in RFC 5952 form", *address)
	}
	if port == nil {
		return netip.AddrPortFrom(addr, 0), nil
	}
	return netip.AddrPortFrom(addr, *port), nil
}

// deref returns the value, or its zero where it is absent.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
