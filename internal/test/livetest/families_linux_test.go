package livetest

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// familyRecord is what the JSON says of a packet, netlink, VSOCK or XDP socket.
type familyRecord struct {
	record
	Memory  map[string]uint64
	Packet  map[string]any
	Netlink map[string]any
	VSOCK   map[string]any
	XDP     map[string]any
	Filter  string `json:"packet_filter"`
	Index   uint64 `json:"interface_index"`
}

func number64(members map[string]any, name string) uint64 {
	v, _ := members[name].(float64)
	return uint64(v)
}

// TestFamilies holds packet, netlink, VSOCK and XDP sockets against what was made,
// and what is told of the first three against ss, token by token.
func TestFamilies(t *testing.T) {
	if !population.Alone(t, "ss", "ip") {
		return
	}
	set, err := population.Families()
	keep(t, set, err)
	t.Run("made", func(t *testing.T) { familiesMade(t, set, "auto") })
	t.Run("made through proc", func(t *testing.T) { familiesMade(t, set, "proc") })
	t.Run("of a process", func(t *testing.T) { familiesOfProcess(t, set) })
	t.Run("packet beside ss", func(t *testing.T) { packetBesideSS(t, 8) })
	t.Run("netlink beside ss", func(t *testing.T) { netlinkBesideSS(t, set) })
	t.Run("vsock beside ss", func(t *testing.T) { vsockBesideSS(t, set) })
	t.Run("without a right", func(t *testing.T) { withoutRights(t, set) })
	t.Run("ends", func(t *testing.T) { familyEnds(t, set) })
}

// familiesMade: each socket that was made is there once, with its holder, in the
// families that the source can list; of the others that is said.
func familiesMade(t *testing.T, set *population.Set, source string) {
	for _, f := range []struct {
		protocol population.Protocol
		family   uint8
		inProc   bool
	}{
		{population.Packet, unix.AF_PACKET, true}, {population.Netlink, unix.AF_NETLINK, true},
		{population.VSOCK, unix.AF_VSOCK, false}, {population.XDP, unix.AF_XDP, false},
	} {
		var want, got []string
		inodes := map[uint64]bool{}
		for _, m := range set.Made {
			if m.Protocol == f.protocol {
				inodes[m.Inode] = true
				want = append(want, fmt.Sprintf("%s %s %d/%d", m.Protocol, m.State, m.Inode, m.PID))
			}
		}
		said := run(t, sockeye(t, "--json", "-a", "--"+string(f.protocol), "--source", source))
		if source == "proc" && !f.inProc || source == "auto" && !f.inProc && !diagnosesFamily(t, f.family) {
			if len(want) > 0 && !strings.Contains(said.stderr, string(f.protocol)+" could not be read") && !strings.Contains(said.stderr, "cannot be listed from the source proc") {
				t.Errorf("%s is not listed, and that is not said: %q", f.protocol, said.stderr)
			}
			continue
		}
		for _, r := range decode(t, said.stdout).Sockets {
			if r.Inode != nil && inodes[*r.Inode] && r.PID != nil {
				got = append(got, fmt.Sprintf("%s %s %d/%d", r.Protocol, r.State, *r.Inode, *r.PID))
			}
		}
		if diff := lineDiff(want, got); diff != "" || len(want) == 0 && f.inProc {
			t.Errorf("%s differs from what was made (-made +sockeye):\n%s", f.protocol, diff)
		}
	}
}

// familiesOfProcess: who asks for the sockets of a process has those of a sniffer too,
// without naming tables.
func familiesOfProcess(t *testing.T, set *population.Set) {
	got := run(t, sockeye(t, "process", strconv.Itoa(set.Made[0].PID), "--json"))
	held := map[uint64]bool{}
	for _, r := range decode(t, got.stdout).Sockets {
		if r.Inode != nil {
			held[*r.Inode] = true
		}
	}
	for _, m := range set.Made {
		if (m.Protocol == population.Packet || m.Protocol == population.Netlink) && m.PID == set.Made[0].PID && !held[m.Inode] {
			t.Errorf("%s %d is not among the sockets of process %d: %q", m.Protocol, m.Inode, m.PID, got.stderr)
		}
	}
}

// users is what ss says of holders, which is compared elsewhere.
var users = regexp.MustCompile(`users:\(\(.*?\)\) ?`)

// ssFamily lists a family as ss does, in lines without the blanks of its columns.
func ssFamily(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("ss", append(args, "-n", "-e", "-m", "-p", "-O", "-H", "-a")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		lines = append(lines, strings.Join(strings.Fields(users.ReplaceAllString(line, "")), " "))
	}
	return lines
}

func skmem(m map[string]uint64) string {
	return fmt.Sprintf("skmem:(r%d,rb%d,t%d,tb%d,f%d,w%d,o%d,bl%d,d%d)", m["rmem_alloc_bytes"], m["rcvbuf_bytes"], m["wmem_alloc_bytes"],
		m["sndbuf_bytes"], m["fwd_alloc_bytes"], m["wmem_queued_bytes"], m["optmem_bytes"], m["backlog_bytes"], m["drops"])
}

// packetBesideSS writes each of our rows as ss would and compares the lines. tokens
// is how many of ss's names must have been seen at least.
func packetBesideSS(t *testing.T, tokens int) {
	var got []string
	seen := map[string]bool{}
	for _, line := range ssFamily(t, "-0", "-b") {
		for _, name := range []string{"ino:", "sk:", "ver:", "cpy_thresh:", "flags(", "ring_rx(", "ring_tx(", "fanout(", "bpf filter", "skmem:("} {
			seen[name] = seen[name] || strings.Contains(line, name)
		}
	}
	for name, was := range seen {
		if !was {
			t.Errorf("ss says no %s", name)
		}
	}
	if len(seen) < tokens {
		t.Errorf("%d names", len(seen))
	}
	for _, r := range decodeFamilies(t, list(t, "--ndjson", "-0", "-a", "-e", "-m", "-b")) {
		got = append(got, packetLine(r))
	}
	if diff := lineDiff(ssFamily(t, "-0", "-b"), got); diff != "" {
		t.Errorf("packet sockets differ (-ss +sockeye):\n%s", diff)
	}
}

func packetLine(r familyRecord) string {
	p := func(name string) uint64 { return number64(r.Packet, name) }
	protocol, device := "["+strconv.FormatUint(p("protocol_number"), 10)+"]", "*"
	if r.Packet["protocol"] == "all" {
		protocol = "*"
	}
	if r.Interface != nil {
		device = *r.Interface
	}
	line := fmt.Sprintf("p_%s UNCONN %s 0 %s:%s * ino:%d sk:%s ver:%d cpy_thresh:%d flags(", map[string]string{"raw": "raw", "dgram": "dgr"}[deref(r.Type)],
		number(r.RecvQueue), protocol, device, *r.Inode, deref(r.Cookie), p("version"), p("copy_thresh"))
	for _, flag := range []string{"running", "auxdata", "origdev", "vnethdr", "loss"} {
		if r.Packet[flag] == true {
			line += " " + flag
		}
	}
	line += " )"
	for _, ring := range []string{"rx", "tx"} {
		if _, has := r.Packet[ring+"_blocks"]; has {
			line += fmt.Sprintf(" ring_%s(blk_size:%d,blk_nr:%d,frm_size:%d,frm_nr:%d,tmo:%d,features:0x%x)", ring, p(ring+"_block_size_bytes"),
				p(ring+"_blocks"), p(ring+"_frame_size_bytes"), p(ring+"_frames"), p(ring+"_timeout_ms"), p(ring+"_features"))
		}
	}
	if _, has := r.Packet["fanout_id"]; has {
		line += fmt.Sprintf(" fanout(id:%d,type:%s)", p("fanout_id"), r.Packet["fanout"])
	}
	if r.Filter == "ldh [12]; jneq #2048,1; ret #262144; ret #0" {
		line += " bpf filter (4): " + population.PacketFilter
	}
	return line + " " + skmem(r.Memory)
}

// netlinkBesideSS compares the sockets that were made and the kernel's, but for that
// of sock_diag, whose queue both fill. ss shows a socket with groups twice.
func netlinkBesideSS(t *testing.T, set *population.Set) {
	numbers := regexp.MustCompile(`^UNCONN \d+ \d+ (\d+):(\d+) `)
	ours := map[string]bool{"0": true, "4444": true}
	inodes := map[uint64]bool{}
	for _, m := range set.Made {
		inodes[m.Inode] = true
	}
	var want, got []string
	for _, r := range decodeFamilies(t, list(t, "--ndjson", "--netlink", "-a", "-e", "-m")) {
		if kernel := number64(r.Netlink, "port_id") == 0; kernel != (deref(r.OwnerStatus) == "kernel") {
			t.Errorf("the owner of port %v is %s", r.Netlink["port_id"], deref(r.OwnerStatus))
		}
		if inodes[*r.Inode] {
			ours[strconv.FormatUint(number64(r.Netlink, "port_id"), 10)] = true
		}
		got = append(got, netlinkLine(r))
	}
	keep := func(lines []string) (kept []string) {
		for _, line := range lines {
			if m := numbers.FindStringSubmatch(line); m != nil && m[1] != "4" && ours[m[2]] {
				kept = append(kept, line)
			}
		}
		slices.Sort(kept)
		return slices.Compact(kept)
	}
	want, got = keep(ssFamily(t, "-f", "netlink")), keep(got)
	if diff := lineDiff(want, got); diff != "" || len(want) < 6 {
		t.Errorf("netlink sockets differ (-ss +sockeye), %d of ss:\n%s", len(want), diff)
	}
	if !slices.ContainsFunc(want, func(line string) bool {
		return strings.Contains(line, " 4:4444 ") || strings.Contains(line, " 3:4444 ")
	}) {
		t.Errorf("no socket with a peer in %q", want)
	}
}

func netlinkLine(r familyRecord) string {
	n := func(name string) uint64 { return number64(r.Netlink, name) }
	remote := "*"
	if n("peer_port_id") != 0 || n("peer_group") != 0 {
		remote = fmt.Sprintf("%d:%d", n("peer_group"), n("peer_port_id"))
	}
	var groups uint64
	joined, _ := r.Netlink["groups"].([]any)
	for _, group := range joined {
		if n, ok := group.(float64); ok && n <= 32 { // ss shows the first word alone
			groups |= 1 << (int(n) - 1)
		}
	}
	return fmt.Sprintf("UNCONN %s %s %d:%d %s sk=0 cb=0 groups=0x%08x %s", number(r.RecvQueue), number(r.SendQueue), n("protocol_number"),
		n("port_id"), remote, groups, skmem(r.Memory))
}

// vsockBesideSS compares the sockets of this process: most kernels list those of the
// whole machine. [familiesMade] asks what is said where the kernel cannot list them.
func vsockBesideSS(t *testing.T, set *population.Set) {
	if !diagnosesFamily(t, unix.AF_VSOCK) {
		return
	}
	made := 0
	for _, m := range set.Made {
		if m.Protocol == population.VSOCK {
			made++
		}
	}
	out, err := exec.Command("ss", "-f", "vsock", "-n", "-p", "-O", "-H", "-a").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, fmt.Sprintf(",pid=%d,", os.Getpid())) {
			want = append(want, strings.Join(strings.Fields(line), " "))
		}
	}
	for _, r := range decodeFamilies(t, list(t, "--ndjson", "--vsock", "-a")) {
		if deref(r.PID) == os.Getpid() {
			got = append(got, vsockLine(r))
		}
	}
	if diff := lineDiff(want, got); diff != "" || len(want) != made {
		t.Errorf("VSOCK sockets differ (-ss +sockeye), %d of ss, %d were made:\n%s", len(want), made, diff)
	}
}

// vsockLine is a socket of ours as ss writes it.
func vsockLine(r familyRecord) string {
	orAny := func(name string) string {
		if _, told := r.VSOCK[name]; !told {
			return "*"
		}
		return strconv.FormatUint(number64(r.VSOCK, name), 10)
	}
	state := map[string]string{"LISTEN": "LISTEN", "ESTABLISHED": "ESTAB"}[r.State]
	line := fmt.Sprintf("v_str %s 0 0 %s:%s %s:%s", state, orAny("cid"), orAny("port"), orAny("peer_cid"), orAny("peer_port"))
	for _, o := range r.Owners {
		line += fmt.Sprintf(` users:(("%s",pid=%d,fd=%d))`, o.Process, o.PID, o.FD)
	}
	return line
}

// withoutRights: who lacks CAP_NET_ADMIN is told once, and has the sockets all the
// same. Who sees no descriptors sees whose PID the port of a netlink socket is.
func withoutRights(t *testing.T, set *population.Set) {
	got := run(t, asNobody(sockeye(t, "--ndjson", "-0", "-a", "-b", "--no-processes")))
	lines := checkMessages(t, got.stderr)
	if got.status != 0 || len(lines) != 1 || !strings.Contains(lines[0], "CAP_NET_ADMIN") {
		t.Errorf("exit status %d, said %q", got.status, lines)
	}
	rows := decodeFamilies(t, got.stdout)
	if len(rows) < 7 || slices.ContainsFunc(rows, func(r familyRecord) bool { return r.Filter != "" }) {
		t.Errorf("%d sockets: %s", len(rows), got.stdout)
	}
	named := 0
	for _, r := range decodeFamilies(t, run(t, asNobody(sockeye(t, "--ndjson", "--netlink", "-a"))).stdout) {
		name, told := r.Netlink["port_process"]
		byPID := number64(r.Netlink, "port_id") == uint64(set.Made[0].PID)
		if byPID && name != ownComm() || deref(r.OwnerStatus) != "permission" && told {
			t.Errorf("port %v is said to be of %v: %s", r.Netlink["port_id"], name, deref(r.OwnerStatus))
		}
		if byPID {
			named++
		}
	}
	if named == 0 {
		t.Error("no socket has the PID of this process for a port")
	}
}

// familyEnds: the filter compares the ends, and people see them as ss shows them.
func familyEnds(t *testing.T, set *population.Set) {
	table := list(t, "-0", "--netlink", "-a", "-H", "-C", "local,remote,fd")
	for _, want := range []string{`(?m)^ip:lo +- `, `(?m)^\*:\* +- `, `(?m)^arp:\* +- `, `(?m)^kobject_uevent:4444 +- `,
		`(?m)^route:kernel +- `, `(?m)^usersock:\d+ +usersock:4444 group 3 `} {
		if !regexp.MustCompile(want).MatchString(table) {
			t.Errorf("no line %s in\n%s", want, table)
		}
	}
	if diagnosesFamily(t, unix.AF_VSOCK) {
		if table := list(t, "--vsock", "-a", "-H", "-C", "local,remote"); !regexp.MustCompile(`(?m)^\*:\d+ +-`).MatchString(table) {
			t.Errorf("no listener in\n%s", table)
		}
	}
	if diagnosesFamily(t, unix.AF_XDP) {
		rows := decodeFamilies(t, list(t, "--xdp", "-a", "-e", "-m", "--ndjson"))
		if len(rows) != 1 || deref(rows[0].Interface) != "lo" {
			t.Fatalf("XDP sockets: %+v", rows)
		}
		for name, want := range map[string]uint64{"queue_id": 0, "fill_entries": 32, "completion_entries": 64, "rx_entries": 128, "tx_entries": 256,
			"umem_size_bytes": 16 * 4096, "umem_chunk_size_bytes": 4096, "umem_headroom_bytes": 64, "umem_pages": 16} {
			if v, has := rows[0].XDP[name]; !has || v != float64(want) {
				t.Errorf("xdp.%s is %v, want %d", name, v, want)
			}
		}
	}
}
