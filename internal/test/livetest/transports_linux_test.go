package livetest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockeye/internal/test/livetest/sstext"
	"sockeye/internal/test/population"
)

// transportTables are the tables over IP that not every kernel has.
var transportTables = []struct {
	protocol population.Protocol
	table    sstext.Table
}{
	{population.MPTCP, sstext.MPTCP},
	{population.SCTP, sstext.SCTP},
	{population.DCCP, sstext.DCCP},
}

// TestTransports lists SCTP, MPTCP, DCCP, SMC and TIPC sockets, as far as this kernel has them,
// and holds them against what was made and against ss. Of what it has not, that is
// said, and no socket is missing.
func TestTransports(t *testing.T) {
	if !population.Alone(t, "ss", "ip") {
		return
	}
	set, err := population.Transports()
	keep(t, set, err)
	made(t, set, false, "-a", "-A", "mptcp,sctp,dccp,smc,tipc", "owner_status = known")
	if holds(set, population.SCTP) {
		sctp := slices.DeleteFunc(slices.Clone(set.Made), func(m population.Made) bool { return m.Protocol != population.SCTP })
		made(t, &population.Set{Made: sctp}, true, "-a", "-A", "sctp", "--source", "proc")
	}
	for _, table := range transportTables {
		t.Run(string(table.protocol), func(t *testing.T) {
			if !holds(set, table.protocol) {
				absent(t, table.protocol)
				return
			}
			var diff string
			for range 2 {
				var ss, ours []facts
				for _, row := range transportRows(t, table.table, "-HnaepO") {
					ss = append(ss, withoutGarbage(factsOfSS(row, string(table.protocol))))
				}
				for _, r := range readAny(t, "-a", "-e", "-A", string(table.protocol)) {
					ours = append(ours, withoutGarbage(factsOf(t, r)))
				}
				if diff = lineDiff(linesOf(ss), linesOf(ours)); diff == "" {
					return
				}
			}
			t.Errorf("sockeye differs from ss (-ss +sockeye):\n%s", diff)
		})
	}
}

// holds reports whether sockets of a protocol were made.
func holds(set *population.Set, p population.Protocol) bool {
	return slices.ContainsFunc(set.Made, func(m population.Made) bool { return m.Protocol == p })
}

// absent asks for the sockets of a protocol that the kernel does not have.
func absent(t *testing.T, protocol population.Protocol) {
	t.Helper()
	got := run(t, sockeye(t, "--"+string(protocol), "-H"))
	want := fmt.Sprintf("sockeye: this kernel has no %s sockets\n", strings.ToUpper(string(protocol)))
	if got.status != 1 || got.stdout != "" || got.stderr != want {
		t.Errorf("exit status %d, %q, %q", got.status, got.stdout, got.stderr)
	}
	doc := readDocument(t, "-a", "-A", "tcp,"+string(protocol))
	if !doc.Complete || len(doc.Warnings) != 1 || doc.Warnings[0].Code != "absent" {
		t.Errorf("complete %v, %v", doc.Complete, doc.Warnings)
	}
}

// transportRows are the rows of ss, without those of SCTP that are no rows of ours: ss
// writes a socket again above each group of its associations.
func transportRows(t *testing.T, table sstext.Table, options string) []sstext.Row {
	t.Helper()
	out, err := exec.Command("ss", options, "-"+string(rune(table))).Output()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := sstext.Parse(strings.NewReader(string(out)), table)
	if err != nil {
		t.Fatal(err)
	}
	listeners := map[uint64]bool{}
	return slices.DeleteFunc(rows, func(r sstext.Row) bool {
		if table != sstext.SCTP || r.Association {
			return r.State == "(null)"
		}
		again := listeners[r.Inode]
		listeners[r.Inode] = true
		return r.State != "LISTEN" || again
	})
}

// withoutGarbage leaves the ends of SCTP over IPv6 out but for their ports: ss shows
// there what the kernel has in a place that an address of IPv4 does not fill, and
// the device of the route as if the socket were bound to it.
func withoutGarbage(f facts) facts {
	if f.protocol != "sctp" {
		return f
	}
	f.device, f.v6only = "-", "-"
	if f.family == "ipv6" {
		for _, end := range []*string{&f.local, &f.remote} {
			*end = (*end)[strings.LastIndex(*end, ":")+1:]
		}
	}
	return f
}

// TestTransportDetails: each word of ss -i has its fact, with the same value.
func TestTransportDetails(t *testing.T) {
	if !population.Alone(t, "ss", "ip") {
		return
	}
	set, err := population.Transports()
	keep(t, set, err)
	seen := map[string]bool{}
	for _, table := range transportTables[:2] {
		if holds(set, table.protocol) {
			again(t, func() string { return strings.Join(detailsDiffer(t, table.protocol, table.table, seen), "\n") })
		}
	}
	if holds(set, population.MPTCP) {
		wantTokens(t, seen, "mptcp", "subflows", "subflows_max", "remote_key", "token", "write_seq", "snd_una", "rcv_nxt")
		// Both ends of two subflows over IPv4, and of one over IPv6.
		again(t, func() string { return strings.Join(subflowsDiffer(t, 6), "\n") })
	}
	if holds(set, population.SCTP) {
		wantTokens(t, seen, "sctp", "locals", "peers", "tag", "state", "rwnd", "instrms", "outstrms", "prwnd", "ptag", "pcapable", "maxburst")
	}
}

// detailsDiffer holds each word of ss against its fact, and notes those seen.
func detailsDiffer(t *testing.T, p population.Protocol, table sstext.Table, seen map[string]bool) (differences []string) {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(list(t, "--json", "-a", "-i", "-A", string(p))), &struct{ Sockets *[]map[string]any }{&rows}); err != nil {
		t.Fatal(err)
	}
	theirs := transportRows(t, table, "-HnaeiO")
	sequences := []string{"write_seq", "snd_una", "rcv_nxt"}
	plain := inDecimal(theirs, sequences)
	for _, row := range theirs {
		ours := rows[slices.IndexFunc(rows, func(r map[string]any) bool { return sameEnds(r, row) })]
		for _, token := range row.Extras {
			name, value, _ := strings.Cut(token, ":")
			f, known := detailTokens[p][name]
			if !known {
				continue
			}
			seen[string(p)+" "+name] = true
			if plain && slices.Contains(sequences, name) {
				value = inHex(value)
			}
			if got := detailOf(ours, f.fact); f.text(value) != got {
				differences = append(differences, fmt.Sprintf("%s: %s, ours %s is %q: %v", p, token, f.fact, got, ours))
			}
		}
	}
	return differences
}

func wantTokens(t *testing.T, seen map[string]bool, protocol string, names ...string) {
	t.Helper()
	for _, name := range names {
		if !seen[protocol+" "+name] {
			t.Errorf("ss told no %s of %s", name, protocol)
		}
	}
}

// sameEnds reports whether a socket of ours is the row of ss: of the same inode, and
// with the same port of the peer.
func sameEnds(ours map[string]any, row sstext.Row) bool {
	port, _ := ours["remote_port"].(float64)
	return fmt.Sprint(ours["inode"]) == fmt.Sprint(float64(row.Inode)) && uint16(port) == row.Remote.Port()
}

// detailToken is the fact for a word of ss, and how its value is written there.
type detailToken struct {
	fact string
	text func(string) string
}

func asIs(value string) string { return value }

// isSet is the value of a word that ss writes where something is so.
func isSet(string) string { return "true" }

// hex is a hexadecimal number without zeros in front.
func hex(value string) string {
	n, err := strconv.ParseUint(value, 16, 64)
	if err != nil {
		return err.Error()
	}
	return strconv.FormatUint(n, 16)
}

// decimal is a number that ss writes in hexadecimal digits and the JSON does not.
func decimal(value string) string {
	n, err := strconv.ParseUint(value, 16, 64)
	if err != nil {
		return err.Error()
	}
	return strconv.FormatUint(n, 10)
}

// inDecimal reports whether ss writes the sequence numbers of MPTCP in decimal digits,
// as newer ones do: of so many in hexadecimal ones, some have letters.
func inDecimal(rows []sstext.Row, names []string) bool {
	return !slices.ContainsFunc(rows, func(r sstext.Row) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			value, _ := r.Extra(name)
			return strings.ContainsAny(value, "abcdef")
		})
	})
}

// inHex is a decimal number in hexadecimal digits.
func inHex(value string) string {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return err.Error()
	}
	return strconv.FormatUint(n, 16)
}

var detailTokens = map[population.Protocol]map[string]detailToken{
	population.MPTCP: {
		"subflows": {"mptcp_info.subflows", asIs}, "add_addr_signal": {"mptcp_info.add_addr_signal", asIs},
		"add_addr_accepted": {"mptcp_info.add_addr_accepted", asIs}, "subflows_max": {"mptcp_info.subflows_max", asIs},
		"add_addr_signal_max": {"mptcp_info.add_addr_signal_max", asIs}, "add_addr_accepted_max": {"mptcp_info.add_addr_accepted_max", asIs},
		"remote_key": {"mptcp_info.flags", func(string) string { return "2" }}, "token": {"mptcp_info.token", hex},
		"write_seq": {"mptcp_info.write_seq", hex}, "snd_una": {"mptcp_info.snd_una", hex}, "rcv_nxt": {"mptcp_info.rcv_nxt", hex},
		"local_addr_used": {"mptcp_info.local_addr_used", asIs}, "local_addr_max": {"mptcp_info.local_addr_max", asIs},
		"csum_enabled": {"mptcp_info.csum_enabled", isSet}, "retransmits": {"mptcp_info.retransmits", asIs},
		"bytes_retrans": {"mptcp_info.bytes_retrans", asIs}, "bytes_sent": {"mptcp_info.bytes_sent", asIs},
		"bytes_received": {"mptcp_info.bytes_received", asIs}, "bytes_acked": {"mptcp_info.bytes_acked", asIs},
		"subflows_total": {"mptcp_info.subflows_total", asIs},
	},
	population.SCTP: {
		"locals": {"sctp_info.local_addresses", asIs}, "peers": {"sctp_info.peer_addresses", asIs},
		"tag": {"sctp_info.tag", hex}, "state": {"sctp_info.state", func(string) string { return "established" }},
		"rwnd": {"sctp_info.rwnd_bytes", asIs}, "unackdata": {"sctp_info.unackdata", asIs}, "penddata": {"sctp_info.penddata", asIs},
		"instrms": {"sctp_info.instrms", asIs}, "outstrms": {"sctp_info.outstrms", asIs}, "inqueue": {"sctp_info.inqueue", asIs},
		"outqueue": {"sctp_info.outqueue", asIs}, "overerr": {"sctp_info.overall_error", asIs}, "maxburst": {"sctp_info.max_burst", asIs},
		"maxseg": {"sctp_info.maxseg_bytes", asIs}, "prwnd": {"sctp_info.peer_rwnd_bytes", asIs}, "ptag": {"sctp_info.peer_tag", hex},
		"pcapable": {"sctp_info.peer_capable", asIs}, "psack": {"sctp_info.peer_sack", isSet},
		"autoclose": {"sctp_info.s_autoclose_seconds", asIs}, "adapind": {"sctp_info.s_adaptation_ind", asIs},
		"pdpoint": {"sctp_info.s_pd_point_bytes", asIs}, "nodelay": {"sctp_info.s_nodelay", isSet},
		"nofrag": {"sctp_info.s_disable_fragments", isSet}, "v4mapped": {"sctp_info.s_v4mapped", isSet},
		"fraginl": {"sctp_info.s_frag_interleave", asIs},
	},
}

// detailOf returns a part of an object of the JSON as text; a list with commas.
func detailOf(socket map[string]any, name string) string {
	object, member, _ := strings.Cut(name, ".")
	parts, _ := socket[object].(map[string]any)
	switch v := parts[member].(type) {
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		var texts []string
		for _, one := range v {
			texts = append(texts, fmt.Sprint(one))
		}
		return strings.Join(texts, ",")
	case nil:
		return "-"
	default:
		return fmt.Sprint(v)
	}
}

// bigEndian reports the byte order of this machine.
var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// subflowFlags are the letters of ss for the bits of mptcp_subflow.flags.
const subflowFlags = "MmJjBbecv"

// subflowsDiffer holds what each TCP socket says of the connection of MPTCP that it
// is a part of against ss, and how many do. Each token is that of a connection.
func subflowsDiffer(t *testing.T, want int) (differences []string) {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal([]byte(list(t, "--json", "-a", "-i", "-A", "tcp,mptcp")), &struct{ Sockets *[]map[string]any }{&rows}); err != nil {
		t.Fatal(err)
	}
	subflows, tokens := 0, map[string]bool{}
	for _, r := range rows {
		if r["mptcp_info"] != nil {
			tokens[detailOf(r, "mptcp_info.token")] = true
		}
	}
	theirs := transportRows(t, sstext.TCP, "-HnaeiO")
	plain := inDecimal(theirs, []string{"seq", "ssnoff"})
	for _, row := range theirs {
		letters, ok := row.Extra("flags")
		if !ok {
			continue
		}
		subflows++
		ours := rows[slices.IndexFunc(rows, func(r map[string]any) bool {
			return r["protocol"] == "tcp" && r["cookie"] == row.Cookie
		})]
		flags := 0
		for _, letter := range letters {
			flags |= 1 << strings.IndexRune(subflowFlags, letter)
		}
		token, _ := row.Extra("token")
		seq, _ := row.Extra("seq")
		length, _ := row.Extra("maplen")
		sfseq, _ := row.Extra("sfseq")
		offset, _ := row.Extra("ssnoff")
		if plain {
			seq, length, sfseq, offset = inHex(seq), inHex(length), inHex(sfseq), inHex(offset)
			if n := len(length) - 4; n > 0 && bigEndian && strings.HasSuffix(length, "0000") {
				length = length[:n] // ss reads 4 bytes where the kernel wrote 2
			}
		}
		text := func(name string) string { return detailOf(ours, "mptcp_subflow."+name) }
		var remote, local, remoteID, localID string
		if _, err := fmt.Sscanf(strings.NewReplacer("(id:", " ", ")/", " ", ")", " ").Replace(token), "%s %s %s %s", &remote, &remoteID, &local, &localID); err != nil {
			t.Fatalf("%s: %v", token, err)
		}
		if want := []string{strconv.Itoa(flags), hex(remote), remoteID, hex(local), localID, hex(seq), hex(sfseq), hex(offset), decimal(length)}; !slices.Equal(want, []string{
			text("flags"), text("token_remote"), text("id_remote"), text("token_local"), text("id_local"), text("map_seq"), text("map_sfseq"), text("ssn_offset"), text("map_datalen_bytes"),
		}) {
			differences = append(differences, fmt.Sprintf("ss %v, ours %v", row.Extras, ours["mptcp_subflow"]))
		}
		if !tokens[text("token_local")] {
			differences = append(differences, fmt.Sprintf("token %s is no connection's", text("token_local")))
		}
	}
	if subflows != want {
		differences = append(differences, fmt.Sprintf("%d subflows, not %d", subflows, want))
	}
	return differences
}
