package livetest

import (
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	bpflink "github.com/cilium/ebpf/link"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"sockeye/internal/test/population"
)

// forwardRules are those of a machine with the addresses 192.31.196.7 and 10.0.0.5, in
// the forms of nft and of both kinds of iptables.
const forwardRules = `iptables-nft -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 172.30.0.2:80
iptables-nft -t nat -A PREROUTING -d 10.0.0.5 -p tcp --dport 443 -j DNAT --to-destination 172.30.0.9:8443
iptables-nft -t nat -A PREROUTING -d 198.51.100.1 -p tcp --dport 444 -j DNAT --to-destination 172.30.0.9
iptables-nft -t nat -A PREROUTING -d 127.0.0.1 -p tcp --dport 445 -j DNAT --to-destination 172.30.0.9
iptables-nft -t nat -A OUTPUT -p tcp --dport 446 -j DNAT --to-destination 172.30.0.9
iptables-nft -t nat -A PREROUTING -s 10.9.0.0/16 -p tcp --dport 2222 -j REDIRECT --to-ports 22
iptables-legacy -t nat -A PREROUTING -p udp --dport 5353 -j DNAT --to-destination 172.30.0.9
nft add table inet pods
nft add chain inet pods in { type nat hook prerouting priority -90 ; }
nft add rule inet pods in tcp dport 7000-7010 dnat ip to 172.30.0.9
nft add rule inet pods in tcp dport 6000 redirect to :22`

// exposedRows is what is listed there: with what listens, and nothing that others do not
// reach. PID stands for the process behind the first rule.
const exposedRows = `public,tcp,0.0.0.0:2222,kernel,nftables,,,"192.31.196.7,10.0.0.5"
public,tcp,*:6000,kernel,nftables,,,"192.31.196.7,10.0.0.5"
public,tcp,0.0.0.0:7000-7010,kernel,nftables,172.30.0.9,,"192.31.196.7,10.0.0.5"
public,tcp,0.0.0.0:8080,kernel,nftables,172.30.0.2,PID,"192.31.196.7,10.0.0.5"
public,udp,0.0.0.0:5353,kernel,iptables,172.30.0.9,,"192.31.196.7,10.0.0.5"
private,tcp,10.0.0.5:22,known,,,,10.0.0.5
private,tcp,10.0.0.5:443,kernel,nftables,172.30.0.9,,10.0.0.5
`

const exposedColumns = "exposure,protocol,local,owner_status,behind.by,behind.address,behind.pid,exposed_on"

// TestExposedForwards: a port that the kernel forwards from beyond the loopback is
// exposed as one on which something listens, in each form of the answer; and who may not
// read the rules is told that.
func TestExposedForwards(t *testing.T) {
	if !population.Alone(t, "ip", "nft", "iptables-nft", "iptables-legacy", "busybox") {
		return
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil { // for the names of ip netns
		t.Fatal(err)
	}
	ip(t, `link add wan0 type veth peer name wan1
link set wan0 addrgenmode none
link set wan1 addrgenmode none
link set wan0 up
link set wan1 up
addr add 192.31.196.7/24 dev wan0
addr add 10.0.0.5/24 dev wan0
netns add pod
-n pod link set lo up
-n pod address add 172.30.0.2/32 dev lo`)
	for line := range strings.Lines(forwardRules) {
		must(t, strings.Fields(line)...)
	}
	exposedListener{network: "tcp4", address: "10.0.0.5:22"}.open(t)
	exposedListener{network: "tcp4", address: "127.0.0.1:9"}.open(t)
	server := exec.Command("ip", "netns", "exec", "pod", "busybox", "httpd", "-f", "-p", "80")
	if err := server.Start(); err != nil { // ip becomes what it runs
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	untilListens(t, "pod", "80")
	pid := fmt.Sprint(server.Process.Pid)

	want := strings.Replace(exposedRows, "PID", pid, 1)
	if diff := cmp.Diff(want, list(t, "--exposed", "-H", "--csv", "-C", exposedColumns)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	table := list(t, "--exposed", "-H", "sport", "=", "8080")
	if !strings.HasSuffix(table, "\n    forwarded to 172.30.0.2:80 by nftables, busybox["+pid+"]\n") {
		t.Errorf("for people:\n%s", table)
	}
	// The document tells them beside the sockets, as that of port does.
	if got := forwardsOf(t, "--exposed"); !slices.Equal(got, []string{
		"2222 public", "6000 public", "7000 public", "8080 public", "5353 public", "443 private",
	}) {
		t.Errorf("forwards of the document: %q", got)
	}
	port := forwardsOf(t, "port", "8080")
	if len(port) != 1 || !strings.HasPrefix(port[0], "8080") {
		t.Errorf("of port: %q", port)
	}
	if got := list(t, "--exposed", "-H", "-C", "local,netns.name", "--all-netns", "sport", "=", "7003", "or", "sport", "=", "80"); got != "0.0.0.0:7000-7010   host\n*:80                pod\n" {
		t.Errorf("in every namespace:\n%s", got)
	}
	passes := list(t, "--exposed", "--watch=0.01", "--passes", "2", "sport", "=", "8080")
	if strings.Count(passes, "  0 sockets, 1 forwarded") != 2 || strings.Count(passes, "forwarded to 172.30.0.2:80") != 2 {
		t.Errorf("two passes:\n%s", passes)
	}
	if got := list(t, "--exposed", "--watch", "--passes", "1", "--json", "sport", "=", "8080"); strings.Contains(got, `"local_port"`) || strings.Count(got, `"first_port"`) != 1 {
		t.Errorf("the document of a pass:\n%s", got)
	}
	validate(t, compileSchema(t, ""), []string{"--exposed", "--json"}, list(t, "--exposed", "--json"))
	socket := compileSchema(t, "#/$defs/socket")
	for line := range strings.Lines(list(t, "--exposed", "--ndjson")) {
		validate(t, socket, []string{"--exposed", "--ndjson"}, line)
	}
	hidden(t)
	t.Run("named", func(t *testing.T) {
		if got := list(t, "-N", "pod", "--exposed", "-H", "-C", "local"); got != "*:80\n" {
			t.Errorf("in a namespace without rules:\n%s", got)
		}
		must(t, strings.Fields("ip netns exec pod nft add table ip t")...)
		must(t, strings.Fields("ip netns exec pod nft add chain ip t in { type nat hook prerouting priority -90 ; }")...)
		must(t, strings.Fields("ip netns exec pod nft add rule ip t in tcp dport 99 redirect to :80")...)
		if got := list(t, "-N", "pod", "--exposed", "-H", "-C", "local,exposed_on"); got != "*:80                172.30.0.2\n0.0.0.0:99          172.30.0.2\n" {
			t.Errorf("in a namespace with a rule:\n%s", got)
		}
	})
}

// hidden is what is told without rights.
func hidden(t *testing.T) {
	t.Helper()
	const says = "sockeye: which ports are forwarded is not known: the rules of NAT are hidden from this user (CAP_NET_ADMIN)\n"
	got := run(t, asNobody(sockeye(t, "--exposed", "-H", "--csv", "-C", "local")))
	if got.status != 0 || got.stdout != "10.0.0.5:22\n" || !strings.Contains(got.stderr, says) {
		t.Errorf("without rights: %d\n%s%s", got.status, got.stdout, got.stderr)
	}
	// That nothing matched is not known then.
	if got = run(t, asNobody(sockeye(t, "--exposed", "sport", "=", "8080", "-q"))); got.status != 3 {
		t.Errorf("a port that may be forwarded, without rights: %d\n%s", got.status, got.stderr)
	}
	if got = run(t, asNobody(sockeye(t, "--exposed", "--json"))); !strings.Contains(got.stdout, `"complete":false`) || strings.Contains(got.stdout, "forwards\":[") {
		t.Errorf("the document without rights:\n%s", got.stdout)
	}
	// The tables of sockets of IP that have no ports ask for no rules.
	if got = run(t, asNobody(sockeye(t, "--exposed", "-w", "-q"))); got.status != 1 || strings.Contains(got.stderr, says) {
		t.Errorf("raw sockets: %d\n%s", got.status, got.stderr)
	}
}

// TestWatchForwards: a forward that comes and goes is an event as a socket is one, and
// one that leads elsewhere is another.
func TestWatchForwards(t *testing.T) {
	if !population.Alone(t, "ip", "nft") {
		return
	}
	ip(t, `addr add 192.31.196.7/32 dev lo`)
	nft := func(line string) { must(t, append([]string{"nft"}, strings.Fields(line)...)...) }
	nft("add table ip t")
	nft("add chain ip t in { type nat hook prerouting priority -90 ; }")
	nft("add rule ip t in tcp dport 7000-7010 dnat to 172.30.0.7")
	var lookup bpflink.Link
	turn := func(pass int) {
		switch pass {
		case 2:
			nft("add rule ip t in tcp dport 8080 dnat to 172.30.0.8")
		case 3:
			nft("flush chain ip t in")
			nft("add rule ip t in tcp dport 7000-7010 dnat to 172.30.0.7")
			nft("add rule ip t in tcp dport 8080 dnat to 172.30.0.9")
		case 5: // with rules that do not tell all: none is known to be gone until the next
			lookup = attachLookup(t)
			nft("flush chain ip t in")
		}
	}
	schema, pass := compileSchema(t, "#/$defs/event"), 1
	var got []string
	out := io.MultiWriter(eachLine(func(line string) { validate(t, schema, []string{"--watch"}, line) }), &follower{t: t, see: func(e event) {
		got = append(got, strings.TrimSpace(fmt.Sprint(pass, " ", e.Event, " ", e.LocalPort, " ", e.Behind.Address)))
	}})
	watchInto(t, out, func(n int) { turn(n); pass = n + 1 }, "--exposed", "--watch", "--passes", "7", "--ndjson")
	if diff := cmp.Diff([]string{
		"1 opened 7000 172.30.0.7", "3 opened 8080 172.30.0.8",
		"4 closed 8080 172.30.0.8", "4 opened 8080 172.30.0.9",
		"7 closed 7000 172.30.0.7", "7 closed 8080 172.30.0.9", "7 end 0",
	}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if err := lookup.Close(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	watchInto(t, &text, turn, "--exposed", "--watch", "--passes", "7", "-H", "-C", "local,behind.address")
	blocks := strings.Split(text.String(), "\n\n")
	for i, want := range []string{
		"  0 sockets",
		"  0 sockets, 0 opened, 0 changed, 0 closed",
		"  0 sockets, 1 forwarded, 1 opened, 0 changed, 0 closed",
		"  0 sockets, 2 forwarded, 2 opened, 0 changed, 1 closed",
		"  0 sockets, 2 forwarded, 0 opened, 0 changed, 0 closed",
		"  0 sockets, 2 forwarded, 0 opened, 0 changed, 0 closed",
		"  0 sockets, 0 opened, 0 changed, 2 closed",
	} {
		if len(blocks) != 7 || !strings.Contains(blocks[i], want) {
			t.Fatalf("pass %d of %d is not %q:\n%s", i+1, len(blocks), want, text.String())
		}
	}
	if want := "\n-  0.0.0.0:8080        172.30.0.8\n"; !strings.Contains(blocks[3], want) {
		t.Errorf("there is no %q:\n%s", want, blocks[3])
	}
}

// eachLine calls see for every write, which holds whole lines.
type eachLine func(string)

func (see eachLine) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		see(line)
	}
	return len(b), nil
}

// forwardsOf are the ports and scopes of the forwards of a document.
func forwardsOf(t *testing.T, words ...string) (all []string) {
	t.Helper()
	var answer struct {
		Forwards []struct {
			First    uint16 `json:"first_port"`
			Exposure string
		}
	}
	if err := json.Unmarshal([]byte(list(t, append(words, "--json")...)), &answer); err != nil {
		t.Fatal(err)
	}
	for _, f := range answer.Forwards {
		all = append(all, strings.TrimSpace(fmt.Sprint(f.First, " ", f.Exposure)))
	}
	return all
}

// TestExposedVirtualServices: one of IPVS is exposed at its address, and everybody is told.
func TestExposedVirtualServices(t *testing.T) {
	if !population.Alone(t, "ip") {
		return
	}
	needsIPVS(t)
	ip(t, `link set lo up
addr add 192.31.196.7/32 dev lo`)
	virtualService(t, unix.IPPROTO_TCP, "192.31.196.7:8080", "172.30.0.2:80")
	virtualService(t, unix.IPPROTO_TCP, "127.0.0.1:8081", "172.30.0.2:80")
	for _, nobody := range []bool{false, true} {
		cmd := sockeye(t, "--exposed", "-H", "--csv", "-C", exposedColumns)
		if nobody {
			cmd = asNobody(cmd)
		}
		if got := run(t, cmd); got.stdout != "public,tcp,192.31.196.7:8080,kernel,ipvs,172.30.0.2,,192.31.196.7\n" {
			t.Errorf("nobody %v: %d\n%s%s", nobody, got.status, got.stdout, got.stderr)
		}
	}
}
