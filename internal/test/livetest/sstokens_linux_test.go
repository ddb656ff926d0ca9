package livetest

import (
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sockeye/internal/test/population"
)

// parseSSWords reads what stands behind the columns of a line of ss -O.
func parseSSWords(line string) (map[string]ssWord, error) {
	words := map[string]ssWord{}
	fields := strings.Fields(ssOptions.ReplaceAllString(line, " $1 "))
	for i := 0; i < len(fields); i++ {
		name, value, _ := strings.Cut(fields[i], ":")
		w := ssWord{name: name, value: value}
		var err error
		switch name {
		case "send", "pacing_rate", "delivery_rate":
			if i++; i == len(fields) {
				return nil, fmt.Errorf("ss: nothing behind %s", name)
			}
			if w.value = fields[i]; name == "send" {
				w.clock = true
				w.number, err = strconv.ParseFloat(strings.TrimSuffix(w.value, "bps"), 64)
			}
		case "lastsnd", "lastrcv", "lastack":
			w.clock = true
			w.number, err = strconv.ParseFloat(value, 64)
		case "busy", "rwnd_limited", "sndbuf_limited":
			w.clock = true
			milliseconds, _, _ := strings.Cut(value, "ms")
			w.number, err = strconv.ParseFloat(milliseconds, 64)
		case "timer":
			w, err = parseSSTimer(value)
		case "version", "cipher", "rxconf", "txconf":
			if i++; i == len(fields) {
				return nil, fmt.Errorf("ss: nothing behind %s", name)
			}
			w.value = fields[i]
		case "md5keys":
			w.value = regexp.MustCompile(`=[^,]*`).ReplaceAllString(value, "")
		case "bbr", "dctcp":
			if value != "" {
				w.name = name + ":"
			}
		}
		if err != nil {
			return nil, fmt.Errorf("ss: %s: %w", fields[i], err)
		}
		if _, twice := words[w.name]; twice {
			return nil, fmt.Errorf("ss: %s is there twice", w.name)
		}
		words[w.name] = w
	}
	return words, nil
}

// ssOptions are the words of --inet-sockopt, in parentheses.
var ssOptions = regexp.MustCompile(`inet-sockopt: \(([^)]*)\)`)

// ssTimer is (name,expires,retransmits), where the time is 024ms, 6.752ms (seconds
// all the same), 32sec, 1min29sec or 119min.
var ssTimer = regexp.MustCompile(`^\((\w+),(?:(\d+)min)?(?:(\d+)(?:sec|\.))?(?:(\d+)(?:ms|sec))?,(\d+)\)$`)

func parseSSTimer(value string) (ssWord, error) {
	m := ssTimer.FindStringSubmatch(value)
	if m == nil {
		return ssWord{}, fmt.Errorf("timer %q", value)
	}
	number := func(text string) float64 {
		v, _ := strconv.ParseFloat(text, 64)
		return v
	}
	return ssWord{name: "timer", value: m[1] + "," + m[5], clock: true,
		number: number(m[2])*60_000 + number(m[3])*1000 + number(m[4])}, nil
}

// askSSWords runs ss and returns the words of each socket, by its cookie.
func askSSWords(t *testing.T, args ...string) map[string]map[string]ssWord {
	t.Helper()
	out, err := exec.Command("ss", append([]string{"-H", "-O", "-n", "-a"}, args...)...).Output()
	if err != nil {
		t.Fatalf("ss: %v", err)
	}
	columns := regexp.MustCompile(`^\S+\s+\d+\s+\d+\s+\S+\s+\S+\s`)
	all := map[string]map[string]ssWord{}
	for line := range strings.Lines(string(out)) {
		words, err := parseSSWords(columns.ReplaceAllString(line, ""))
		if err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		all[words["sk"].value] = words
		delete(words, "sk")
	}
	return all
}

// askOurWords runs sockeye and returns what ss would print of each socket, by its
// cookie.
func askOurWords(t *testing.T, write func(*ssWriter), args ...string) map[string]map[string]ssWord {
	t.Helper()
	text := list(t, append([]string{"--ndjson", "-a", "--no-processes"}, args...)...)
	if strings.Contains(text, md5Secret) {
		t.Error("the listing holds a key of TCP MD5 signatures")
	}
	all := map[string]map[string]ssWord{}
	for _, socket := range decodeAny(t, text) {
		w := ssWriter{socket: socket}
		write(&w)
		words := map[string]ssWord{}
		for _, word := range w.words {
			words[word.name] = word
		}
		all[textMember(socket, "cookie")] = words
	}
	return all
}

// newWords are printed by an ss that is newer than some that this runs beside: if it
// prints one of no socket, that is no difference.
var newWords = []string{"rcv_wnd", "rehash", "usec_ts"}

// ssDifferences holds the words of ss against those that sockeye's listings before
// and behind it stand for, socket by socket.
func ssDifferences(before, ss, after map[string]map[string]ssWord) map[string]string {
	printed := map[string]bool{}
	for _, words := range ss {
		for name := range words {
			printed[name] = true
		}
	}
	differences := map[string]string{}
	for cookie, words := range ss {
		a, b := before[cookie], after[cookie]
		if a == nil || b == nil {
			differences[cookie] = "not listed"
			continue
		}
		var different []string
		names := maps.Clone(words)
		maps.Copy(names, a)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if slices.Contains(newWords, name) && !printed[name] {
				continue
			}
			if !sameWord(words, a, b, name) {
				different = append(different, fmt.Sprintf("%s: ss %+v, before %+v, after %+v", name, words[name], a[name], b[name]))
			}
		}
		differences[cookie] = strings.Join(different, "\n\t")
	}
	for cookie := range before {
		if ss[cookie] == nil {
			differences[cookie] = "not in the listing of ss"
		}
	}
	return differences
}

// settle compares until each socket was the same once. Timers run out between two
// listings, so one try is not enough.
func settle(t *testing.T, compare func() map[string]string) {
	t.Helper()
	same := map[string]bool{}
	var left []string
	for range 30 {
		left = nil
		for socket, difference := range compare() {
			if same[socket] = same[socket] || difference == ""; !same[socket] {
				left = append(left, socket+"\n\t"+difference)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	slices.Sort(left)
	t.Errorf("sockets that differed each time:\n%s", strings.Join(left, "\n"))
}

// sameWord compares one word. What moves has a value between those before and
// after, but for how ss rounds it; a clock at 0 is not printed.
func sameWord(ss, before, after map[string]ssWord, name string) bool {
	w, printed := ss[name]
	a, known := before[name]
	b := after[name]
	if !a.clock && !b.clock && !w.clock {
		return printed == known && (w.value == a.value || w.value == b.value)
	}
	if w.value != a.value && w.value != b.value && name == "timer" {
		return false
	}
	rounding := 0.0
	switch {
	case name == "send":
		rounding = 8 // whole bytes
	case name == "timer" && max(a.number, b.number) >= 600_000:
		rounding = 60_000
	case name == "timer" && max(a.number, b.number) >= 10_000:
		rounding = 1000
	}
	return w.number >= min(a.number, b.number)-rounding && w.number <= max(a.number, b.number)+rounding
}

// TestTokensOfSS: every word that ss -tinmoe prints of connections over a slow and
// lossy link has its member in the JSON, with the same value.
func TestTokensOfSS(t *testing.T) {
	if !population.Alone(t, "ss", "ip", "tc", "iptables") {
		return
	}
	lossyTraffic(t)
	seen := map[string]bool{}
	for table, write := range map[string]func(*ssWriter){
		"-t": func(w *ssWriter) { w.tcp(); w.common() },
		"-u": (*ssWriter).common,
	} {
		args := []string{table, "-imoe", "--tos"}
		ours := func() map[string]map[string]ssWord { return askOurWords(t, write, append(args, "--sockopt")...) }
		settle(t, func() map[string]string {
			before := ours()
			ss := askSSWords(t, append(args, "--inet-sockopt")...)
			for _, words := range ss {
				addTokens(seen, words)
			}
			return ssDifferences(before, ss, ours())
		})
	}
	names := slices.Sorted(maps.Keys(seen))
	t.Logf("%d tokens: %s", len(names), strings.Join(names, " "))
	if len(names) < 70 {
		t.Errorf("only %d tokens were seen", len(names))
	}
}

// addTokens adds the names of the words, and of what stands in parentheses.
func addTokens(seen map[string]bool, words map[string]ssWord) {
	for name, w := range words {
		seen[name] = true
		switch name {
		case "skmem":
			for _, part := range strings.Split(strings.Trim(w.value, "()"), ",") {
				seen["skmem."+strings.TrimRight(part, "-0123456789")] = true
			}
		case "bbr:", "dctcp:":
			for _, part := range strings.Split(strings.Trim(w.value, "()"), ",") {
				part, _, _ = strings.Cut(part, ":")
				seen[name+part] = true
			}
		case "timer":
			kind, _, _ := strings.Cut(w.value, ",")
			seen["timer."+kind] = true
		}
	}
}
