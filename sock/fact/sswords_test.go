package fact

import "testing"

// TestWordsOfSS: what stands before a value in the output of ss is a name of the fact.
func TestWordsOfSS(t *testing.T) {
	for word, name := range map[string]string{
		"rto": "rto_us", "rtt": "rtt_us", "ato": "ato_us", "mss": "snd_mss_bytes", "pmtu": "pmtu_bytes",
		"rcvmss": "rcv_mss_bytes", "advmss": "advmss_bytes", "cwnd": "snd_cwnd", "ssthresh": "snd_ssthresh",
		"bytes_sent": "bytes_sent", "segs_out": "segs_out", "lastsnd": "last_data_sent_ms", "lastrcv": "last_data_recv_ms",
		"lastack": "last_ack_recv_ms", "busy": "busy_time_us", "unacked": "unacked", "minrtt": "min_rtt_us",
		"rcv_space": "rcv_space_bytes", "notsent": "notsent_bytes",
	} {
		if f := Lookup(word); f == nil || f.Name != "tcp_info."+name {
			t.Errorf("%s is %v, and not %s", word, f, name)
		}
	}
	for word, name := range map[string]string{"skmem": "memory", "users": "owners", "timer": "timer", "ino": "inode", "sk": "cookie", "fwmark": "mark"} {
		if f := Lookup(word); f == nil || f.Name != name {
			t.Errorf("%s is %v, and not %s", word, f, name)
		}
	}
}
