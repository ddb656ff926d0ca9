package sockdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"sockeye/sock"
)

// Message types of NETLINK_NETFILTER: NFNL_SUBSYS_CTNETLINK of linux/netfilter/nfnetlink.h
// in the high byte, enum cntl_msg_types of linux/netfilter/nfnetlink_conntrack.h in the
// low one.
const (
	ctNew = 1 << 8   // IPCTNL_MSG_CT_NEW: an entry
	ctGet = 1<<8 | 1 // IPCTNL_MSG_CT_GET
)

// struct nfgenmsg of linux/netfilter/nfnetlink.h: family u8, version u8, resource
// u16. Attributes follow.
const nfgenmsgLen = 4

// Attributes of linux/netfilter/nfnetlink_conntrack.h. Ports are in network byte order.
const (
	ctaTupleOrig  = 1 // CTA_TUPLE_ORIG
	ctaTupleReply = 2 // CTA_TUPLE_REPLY

	ctaTupleIP    = 1 // CTA_TUPLE_IP
	ctaTupleProto = 2 // CTA_TUPLE_PROTO

	ctaIPv4Src = 1 // CTA_IP_V4_SRC
	ctaIPv4Dst = 2
	ctaIPv6Src = 3
	ctaIPv6Dst = 4

	ctaProtoNum     = 1 // CTA_PROTO_NUM
	ctaProtoSrcPort = 2
	ctaProtoDstPort = 3
)

// Translations calls visit for every tracked connection of an environment's network
// namespace whose addresses are changed on the way. Linux tells them with
// CAP_NET_ADMIN in the namespace. The error is sock.ErrUnavailable if they are not told.
func (s *Source) Translations(ctx context.Context, env *sock.Environment, visit func(*sock.Translation)) error {
	e := exchange{open: func() (w wire, err error) {
		err = env.Do(func() error {
			w, err = s.openTracking()
			return err
		})
		return w, err
	}}
	defer e.close()
	request := append(appendHeader(nil, ctGet, nlmFRequest|nlmFDump), make([]byte, nfgenmsgLen)...)
	out, err := e.dump(ctx, request, func(payload []byte) (parsed, bool) {
		var t sock.Translation
		p := parseTranslation(payload, &t)
		if p == understood && t.Changes() {
			visit(&t)
		}
		return p, true
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("%w: %w", sock.ErrUnavailable, err)
	case out.malformed > 0:
		return errors.New("connection tracking: a reply could not be understood")
	}
	return nil // an entry that was lost is a connection whose other end is not found
}

// parseTranslation reads an entry: ctnetlink_fill_info of
// net/netfilter/nf_conntrack_netlink.c. One of a protocol without ports is skipped.
func parseTranslation(b []byte, t *sock.Translation) parsed {
	if len(b) < nfgenmsgLen {
		return rejected
	}
	attrs := attributes{b[nfgenmsgLen:]}
	for kind, v, more := attrs.next(); more; kind, v, more = attrs.next() {
		whole := true
		switch kind {
		case ctaTupleOrig:
			t.Original, whole = parseTuple(v)
		case ctaTupleReply:
			t.Reply, whole = parseTuple(v)
		}
		if !whole {
			return rejected
		}
	}
	switch {
	case attrs.broken():
		return rejected
	case t.Original.Protocol == sock.ProtocolUnknown, t.Original.Protocol != t.Reply.Protocol:
		return skipped
	}
	return understood
}

// parseTuple reads one direction. Its protocol is unknown if that has no ports.
func parseTuple(b []byte) (f sock.Flow, whole bool) {
	var from, to netip.Addr
	var fromPort, toPort uint16
	attrs := attributes{b}
	for kind, v, more := attrs.next(); more; kind, v, more = attrs.next() {
		inner := attributes{v}
		for part, v, more := inner.next(); more; part, v, more = inner.next() {
			switch kind<<8 | part {
			case ctaTupleIP<<8 | ctaIPv4Src, ctaTupleIP<<8 | ctaIPv6Src:
				from, _ = netip.AddrFromSlice(v)
			case ctaTupleIP<<8 | ctaIPv4Dst, ctaTupleIP<<8 | ctaIPv6Dst:
				to, _ = netip.AddrFromSlice(v)
			case ctaTupleProto<<8 | ctaProtoNum:
				if len(v) < 1 {
					return f, false
				}
				f.Protocol = sock.TrackedProtocol(v[0])
			case ctaTupleProto<<8 | ctaProtoSrcPort, ctaTupleProto<<8 | ctaProtoDstPort:
				if len(v) < 2 {
					return f, false
				}
				port := binary.BigEndian.Uint16(v)
				if part == ctaProtoSrcPort {
					fromPort = port
				} else {
					toPort = port
				}
			}
		}
		if inner.broken() {
			return f, false
		}
	}
	f.From, f.To = netip.AddrPortFrom(from, fromPort), netip.AddrPortFrom(to, toPort)
	return f, from.IsValid() && to.IsValid() && !attrs.broken()
}
