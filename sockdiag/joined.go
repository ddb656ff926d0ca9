package sockdiag

import (
	"context"
	"slices"

	"sockeye/sock"
)

// Joins reports whether one reading answers the query for IPv4 and IPv6 at
// once, in place of one for each. That is so for TCP sockets that are bound and
// do not listen: the kernel looks for them among all that have a port, which
// takes as long for one family as for both.
func (*Source) Joins(q sock.Query) bool {
	return q.Protocols == sock.Protocols(sock.TCP) && q.States == sock.States(sock.Bound) &&
		q.Families.Has(sock.IPv4) && q.Families.Has(sock.IPv6)
}

// Lengths of struct inet_diag_sockid and of the cookie at its end.
const inetIDLen, cookieLen = 48, 8

// joinedRequest returns the request of [Source.Joins], the older one that has no
// family (struct inet_diag_req of linux/inet_diag.h; inet_diag_dump_compat asks
// for AF_UNSPEC):
//
//	idiag_family u8, idiag_src_len u8, idiag_dst_len u8, idiag_ext u8,
//	struct inet_diag_sockid, idiag_states u32, idiag_dbs u32
//
// It is nil if the filter wants no such socket.
func (l *listing) joinedRequest() []byte {
	possible := false
	for t := range l.query.Tables {
		_, can := l.compiler(t).program(l.query.Where)
		possible = possible || can
	}
	if !possible {
		return nil
	}
	b := appendHeader(nil, tcpDiagGetSock, nlmFRequest|nlmFDump)
	b = append(b, 0, 0, 0, extensions(sock.TCP, l.query.Want))
	b = append(b, make([]byte, inetIDLen-cookieLen)...) // any ends, any device
	b = appendCookie(b, inetDiagNoCookie)
	b = native.AppendUint32(b, stateMask(sock.TCP, l.query.States))
	return native.AppendUint32(b, 0)
}

// joined lists both families by one reading and reports whether that went well.
// If it did not, nothing was yielded: the families are then read one by one. The
// rows are few and come in the order of the tables.
func (l *listing) joined(ctx context.Context) bool {
	request := l.joinedRequest()
	if request == nil {
		return true
	}
	var rows []*sock.Socket
	l.inet.protocol = sock.TCP
	out, err := l.session.dump(ctx, request, func(payload []byte) (verdict, bool) {
		v := l.inet.decode(payload, &l.record)
		if v != rejected {
			rows = append(rows, l.record.Clone())
		}
		return v, true
	})
	if err != nil || out.inconsistent || out.malformed > 0 {
		return false
	}
	slices.SortStableFunc(rows, func(a, b *sock.Socket) int { return int(a.Family) - int(b.Family) })
	for _, s := range rows {
		if !l.yield(s, nil) {
			break
		}
	}
	return true
}
