package doctor

import (
	"fmt"

	"sockeye/sock"
)

var receiveWindow = &Rule{
	Name:     "receive_window",
	Meaning:  "The sender had more data than the window of the other side lets it send: the process there reads too slowly, or its receive buffer is too small for the distance.",
	Advice:   "Look at the process at the other end, then at its SO_RCVBUF: where a program sets it the kernel does not make it larger (net.ipv4.tcp_rmem, tcp_moderate_rcvbuf).",
	Settings: limitedSettings,
	Needs:    sock.FieldTCPInfo,
	Twice:    true,
	begin: limitedBy(sock.TCPInfoRwndLimited, func(to place, who string, percent float64) string {
		return fmt.Sprintf("The window of %s held %s up for %.0f %% of the time in which it had data to send", to.end, who, percent)
	}),
}

var sendBuffer = &Rule{
	Name:     "send_buffer",
	Meaning:  "All that the send buffer holds was on its way, and the process had more: the buffer is too small for the distance, so the link is idle while acknowledgements are waited for.",
	Advice:   "Do not set SO_SNDBUF in the program: the kernel makes the buffer as large as needed, up to the last number of net.ipv4.tcp_wmem.",
	Settings: limitedSettings,
	Needs:    sock.FieldTCPInfo,
	Twice:    true,
	begin: limitedBy(sock.TCPInfoSndbufLimited, func(to place, who string, percent float64) string {
		return fmt.Sprintf("The send buffer held %s up towards %s for %.0f %% of the time in which it had data to send", who, to.end, percent)
	}),
}

var limitedSettings = []Setting{{"percent", 50, "of the time in which there was data to send"}, {"seconds", 0.5, "there was some for so long"}}

// limitedBy finds connections that one thing held up for a share of the time in which
// they had data to send (enum tcp_chrono of linux/tcp.h).
func limitedBy(by sock.TCPInfoField, title func(to place, who string, percent float64) string) func(*Space, settings) look {
	return func(_ *Space, set settings) look {
		var found grouped[place]
		times := map[place]uint64{} // with data to send
		percent, least := set("percent"), 1e6*set("seconds")
		see := func(was *before, c *sock.Socket) {
			busy, known := was.moved(c, sock.TCPInfoBusyTime)
			held, told := was.moved(c, by)
			if !known || !told || held == 0 || float64(busy) < least || 100*float64(held) < percent*float64(busy) {
				return
			}
			if was.timer == sock.TimerPersist && c.Timer.Kind == sock.TimerPersist {
				return // zero_window tells that
			}
			found.add(remoteOf(c), c).number += held
			times[remoteOf(c)] += busy
		}
		return look{see, found.findings(func(to place, g *group) *Finding {
			c := g.first()
			f := &Finding{
				Severity: Info, Title: title(to, holder(c), share(g.number, times[to])), Try: to.try("-tim"),
				Counters: []Number{{by.String(), int64(g.number)}, {sock.TCPInfoBusyTime.String(), int64(times[to])}},
			}
			if window, known := info(c, sock.TCPInfoSndWnd); known {
				f.Limits = append(f.Limits, Number{sock.TCPInfoSndWnd.String(), int64(window)})
			}
			if c.Knows(sock.FieldMemory) {
				f.Limits = append(f.Limits, Number{"sndbuf", int64(c.Memory.Sndbuf)})
			}
			return f
		})}
	}
}

var sendQueueGrows = &Rule{
	Name:     "send_queue_grows",
	Meaning:  "The process writes faster than the other side takes it, and what waits becomes more and more: the link is slower than what is asked of it.",
	Advice:   "See whether the connection loses segments (retransmissions) or its window is small. What waits is memory of this machine, and what is written now arrives only when all before it has.",
	Settings: []Setting{{"bytes", 65536, "so many more wait than before, and fewer were taken"}},
	Needs:    sock.FieldTCPInfo | sock.FieldSendQueue,
	Twice:    true,
	begin: func(_ *Space, set settings) look {
		var by grouped[place]
		least := set("bytes")
		see := func(was *before, c *sock.Socket) {
			if !stayedIn(sock.States(sock.Established, sock.CloseWait), was, c) || c.SendQueue <= was.sendQueue || c.Timer.Kind == sock.TimerPersist {
				return
			}
			more := uint64(c.SendQueue - was.sendQueue)
			if acked, known := was.moved(c, sock.TCPInfoBytesAcked); known && float64(more) >= least && acked < more {
				by.add(remoteOf(c), c).number += more
			}
		}
		return look{see, by.findings(func(to place, g *group) *Finding {
			return &Finding{
				Severity: Warning, Counters: []Number{{"send_queue", int64(g.number)}}, Try: to.try("-tim"),
				Title: fmt.Sprintf("%s writes faster to %s than it is taken: %d bytes more wait on %s", holder(g.first()), to.end, g.number, count(g.Total, "connection")),
			}
		})}
	},
}
