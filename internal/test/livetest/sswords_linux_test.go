package livetest

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

// member returns a number of the JSON by its path, such as tcp_info.rtt_us.
func member(socket map[string]any, path string) (float64, bool) {
	v, ok := anyMember(socket, path)
	if !ok {
		return 0, false
	}
	switch v := v.(type) {
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

func anyMember(socket map[string]any, path string) (any, bool) {
	name, rest, more := strings.Cut(path, ".")
	v, ok := socket[name]
	if !more || !ok {
		return v, ok
	}
	inner, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	return anyMember(inner, rest)
}

func textMember(socket map[string]any, path string) string {
	v, _ := anyMember(socket, path)
	text, _ := v.(string)
	return text
}

// ssWord is one word that ss prints of a socket. A clock moves as time goes by: its
// value is compared as a number.
type ssWord struct {
	name, value string
	clock       bool
	number      float64
}

// ssWriter writes what ss prints of a socket from the JSON of sockeye, by the rules
// of tcp_stats_print and its neighbours in misc/ss.c: what is 0 is left out there.
type ssWriter struct {
	socket map[string]any
	words  []ssWord
}

// n is a number, 0 if it is not known, as ss takes it.
func (w *ssWriter) n(path string) float64 {
	v, _ := member(w.socket, path)
	return v
}

func (w *ssWriter) word(name, value string) {
	w.words = append(w.words, ssWord{name: name, value: value})
}

// count writes name:N.
func (w *ssWriter) count(name, path string) {
	if n := w.n(path); n != 0 {
		w.word(name, strconv.FormatFloat(n, 'f', -1, 64))
	}
}

// clock writes name:N of a number that moves.
func (w *ssWriter) clock(name, path string, unit float64) {
	if n := math.Floor(w.n(path) / unit); n != 0 {
		w.words = append(w.words, ssWord{name: name, clock: true, number: n})
	}
}

// milliseconds writes microseconds as ss does: %g of milliseconds.
func (w *ssWriter) milliseconds(name, path string) {
	if n := w.n(path); n != 0 {
		w.word(name, percentG(n/1000))
	}
}

func (w *ssWriter) flag(name, path string) {
	if w.n(path) != 0 {
		w.word(name, "")
	}
}

// percentG is C's %g.
func percentG(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// bits writes bytes per second as bits per second.
func bits(v float64) string { return strconv.FormatFloat(8*v, 'f', 0, 64) + "bps" }

// tcp writes what -i shows, and of a TIME_WAIT socket nothing.
func (w *ssWriter) tcp() {
	for _, name := range []string{"ts", "usec_ts", "sack", "ecn", "ecnseen", "fastopen"} {
		w.flag(name, "tcp_info."+name)
	}
	if name := textMember(w.socket, "congestion"); name != "" {
		w.word(name, "")
	}
	if w.n("tcp_info.wscale") != 0 {
		w.word("wscale", fmt.Sprintf("%.0f,%.0f", w.n("tcp_info.snd_wscale"), w.n("tcp_info.rcv_wscale")))
	}
	if w.n("tcp_info.rto_us") != 3e6 {
		w.milliseconds("rto", "tcp_info.rto_us")
	}
	w.count("backoff", "tcp_info.backoff")
	if rtt := w.n("tcp_info.rtt_us"); rtt != 0 {
		w.word("rtt", percentG(rtt/1000)+"/"+percentG(w.n("tcp_info.rttvar_us")/1000))
	}
	w.milliseconds("ato", "tcp_info.ato_us")
	for name, member := range map[string]string{
		"mss": "snd_mss_bytes", "pmtu": "pmtu_bytes", "rcvmss": "rcv_mss_bytes", "advmss": "advmss_bytes", "cwnd": "snd_cwnd",
		"bytes_sent": "bytes_sent", "bytes_retrans": "bytes_retrans", "bytes_acked": "bytes_acked", "bytes_received": "bytes_received",
		"segs_out": "segs_out", "segs_in": "segs_in", "data_segs_out": "data_segs_out", "data_segs_in": "data_segs_in",
		"delivered": "delivered", "delivered_ce": "delivered_ce", "lost": "lost", "sacked": "sacked", "dsack_dups": "dsack_dups",
		"fackets": "fackets", "reord_seen": "reord_seen", "rcv_space": "rcv_space_bytes", "rcv_ssthresh": "rcv_ssthresh_bytes",
		"notsent": "notsent_bytes", "rcv_ooopack": "rcv_ooopack", "snd_wnd": "snd_wnd_bytes", "rcv_wnd": "rcv_wnd_bytes", "rehash": "rehash",
	} {
		w.count(name, "tcp_info."+member)
	}
	if w.n("tcp_info.snd_ssthresh") < 0xffff {
		w.count("ssthresh", "tcp_info.snd_ssthresh")
	}
	if n := w.n("tcp_info.reordering"); n != 3 && w.socket["tcp_info"] != nil {
		w.word("reordering", strconv.FormatFloat(n, 'f', 0, 64))
	}
	w.milliseconds("rcv_rtt", "tcp_info.rcv_rtt_us")
	w.milliseconds("minrtt", "tcp_info.min_rtt_us")
	w.flag("app_limited", "tcp_info.delivery_rate_app_limited")
	if now, all := w.n("tcp_info.retrans"), w.n("tcp_info.total_retrans"); now+all != 0 {
		w.word("retrans", fmt.Sprintf("%.0f/%.0f", now, all))
	}
	w.count("unacked", map[bool]string{true: "recv_queue", false: "tcp_info.unacked"}[w.socket["state"] == "LISTEN"])
	w.congestion()
	w.rates()
	w.times()
}

// rates are in bits per second there.
func (w *ssWriter) rates() {
	if n := w.n("tcp_info.send_bytes_per_second"); n != 0 {
		w.words = append(w.words, ssWord{name: "send", clock: true, number: 8 * n})
	}
	if n := w.n("tcp_info.pacing_rate_bytes_per_second"); n != 0 {
		value := bits(n)
		if most := w.n("tcp_info.max_pacing_rate_bytes_per_second"); most != 0 {
			value += "/" + bits(most)
		}
		w.word("pacing_rate", value)
	}
	if n := w.n("tcp_info.delivery_rate_bytes_per_second"); n != 0 {
		w.word("delivery_rate", bits(n))
	}
}

func (w *ssWriter) times() {
	w.clock("lastsnd", "tcp_info.last_data_sent_ms", 1)
	w.clock("lastrcv", "tcp_info.last_data_recv_ms", 1)
	w.clock("lastack", "tcp_info.last_ack_recv_ms", 1)
	if w.n("tcp_info.busy_time_us") == 0 {
		return
	}
	w.words = append(w.words, ssWord{name: "busy", clock: true, number: math.Floor(w.n("tcp_info.busy_time_us") / 1000)})
	for _, name := range []string{"rwnd_limited", "sndbuf_limited"} {
		if n := w.n("tcp_info." + name + "_us"); n != 0 {
			w.words = append(w.words, ssWord{name: name, clock: true, number: math.Floor(n / 1000)})
		}
	}
}

// congestion is what the congestion control tells, and TLS and MD5 do.
func (w *ssWriter) congestion() {
	if w.socket["bbr"] != nil {
		value := fmt.Sprintf("(bw:%s,mrtt:%s", bits(w.n("bbr.bw_bytes_per_second")), percentG(w.n("bbr.min_rtt_us")/1000))
		for _, name := range []string{"pacing_gain", "cwnd_gain"} {
			if gain := w.n("bbr." + name + "_256ths"); gain != 0 {
				value += "," + name + ":" + percentG(gain/256)
			}
		}
		w.word("bbr:", value+")")
	}
	if w.socket["dctcp"] != nil && w.n("dctcp.enabled") == 0 {
		w.word("dctcp:", "fallback_mode")
	} else if w.socket["dctcp"] != nil {
		w.word("dctcp:", fmt.Sprintf("(ce_state:%.0f,alpha:%.0f,ab_ecn:%.0f,ab_tot:%.0f)",
			w.n("dctcp.ce_state"), w.n("dctcp.alpha"), w.n("dctcp.ab_ecn_bytes"), w.n("dctcp.ab_tot_bytes")))
	}
	if name := textMember(w.socket, "ulp"); name != "" {
		w.word("tcp-ulp-"+name, "")
	}
	for _, name := range []string{"version", "cipher", "rxconf", "txconf"} {
		if value := textMember(w.socket, "tls."+name); value != "" {
			w.word(name, value)
		}
	}
	w.flag("zc_ro_tx", "tls.zc_ro_tx")
	w.flag("no_pad_rx", "tls.no_pad_rx")
	if peers, ok := w.socket["md5_peers"].([]any); ok {
		var texts []string
		for _, p := range peers {
			texts = append(texts, fmt.Sprint(p))
		}
		w.word("md5keys", strings.Join(texts, ","))
	}
}

// common is what -m, -o, -e and --tos show of every socket over IP.
func (w *ssWriter) common() {
	w.memory()
	if name := textMember(w.socket, "timer.name"); name != "" && name != "off" {
		w.words = append(w.words, ssWord{name: "timer", value: fmt.Sprintf("%s,%.0f", name, w.n("timer.retransmits")), clock: true, number: w.n("timer.expires_ms")})
	}
	w.count("uid", "uid")
	w.word("ino", strconv.FormatFloat(w.n("inode"), 'f', 0, 64))
	if mark := w.n("mark"); mark != 0 {
		w.word("fwmark", fmt.Sprintf("0x%x", int64(mark)))
	}
	if path := textMember(w.socket, "cgroup"); path != "" {
		w.word("cgroup", path)
	}
	if v, known := member(w.socket, "v6only"); known {
		w.word("v6only", strconv.FormatFloat(v, 'f', 0, 64))
	}
	if arrows := ssArrows[textMember(w.socket, "shutdown")]; arrows != "" {
		w.word(arrows, "")
	}
	for name, path := range map[string]string{"tos": "tos", "tclass": "traffic_class", "class_id": "class_id"} {
		if v, known := member(w.socket, path); known {
			w.word(name, hexadecimal(v))
		}
	}
	for _, name := range []string{"recverr", "is_icsk", "freebind", "hdrincl", "mc_loop", "transparent", "mc_all", "nodefrag", "recverr_rfc4884", "defer_connect"} {
		w.flag(name, "socket_options."+name)
	}
	w.flag("bind_addr_no_port", "socket_options.bind_address_no_port")
}

// memory is skmem.
func (w *ssWriter) memory() {
	if w.socket["memory"] == nil {
		return
	}
	var parts []string
	for _, m := range []struct{ letter, name string }{
		{"r", "rmem_alloc_bytes"}, {"rb", "rcvbuf_bytes"}, {"t", "wmem_alloc_bytes"}, {"tb", "sndbuf_bytes"}, {"f", "fwd_alloc_bytes"},
		{"w", "wmem_queued_bytes"}, {"o", "optmem_bytes"}, {"bl", "backlog_bytes"}, {"d", "drops"},
	} {
		parts = append(parts, fmt.Sprintf("%s%.0f", m.letter, w.n("memory."+m.name)))
	}
	w.word("skmem", "("+strings.Join(parts, ",")+")")
}

// ssArrows are ss's pictures of which directions are open.
var ssArrows = map[string]string{"none": "<->", "receive": "-->", "send": "<--", "both": "---"}

// hexadecimal is C's %#x.
func hexadecimal(v float64) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("0x%x", int64(v))
}

// decodeAny reads what --ndjson prints, whatever its members.
func decodeAny(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	for decoder.More() {
		var socket map[string]any
		if err := decoder.Decode(&socket); err != nil {
			t.Fatal(err)
		}
		all = append(all, socket)
	}
	return all
}
