package sockdiag

import "net/netip"

// RTM_NEWNEIGH of linux/rtnetlink.h: a struct ndmsg of linux/neighbour.h (family u8, pad
// u8, pad u16, index i32, state u16, flags u8, type u8, in host byte order) with NDA_*
// attributes, whose addresses are in network byte order. In these states (NUD_*) the
// hardware address is one that was learned or set.
const (
	rtmNewNeigh   = 28
	ndMsgLen      = 12
	ndaDst        = 1
	ndaLLAddr     = 2
	nudReachable  = 0x02
	nudStale      = 0x04
	nudDelay      = 0x08
	nudProbe      = 0x10
	nudPermanent  = 0x80
	nudAtHardware = nudReachable | nudStale | nudDelay | nudProbe | nudPermanent
)

// Neighbour is an address on a link to which packets are sent by its hardware address.
type Neighbour struct {
	Interface uint32 // the index of that through which it is reached
	Address   netip.Addr
	Hardware  Hardware
}

// Neighbours reads the messages of a dump of RTM_GETNEIGH, as NETLINK_ROUTE sends them:
// those whose hardware address is known. The errors are those of [InterfaceAddresses].
func Neighbours(dump []byte) ([]Neighbour, error) {
	var all []Neighbour
	err := eachOf(dump, rtmNewNeigh, ndMsgLen, func(payload []byte) {
		attributes := payload[ndMsgLen:]
		address, ok := netip.AddrFromSlice(findAttribute(attributes, ndaDst))
		hardware := findAttribute(attributes, ndaLLAddr)
		if ok && len(hardware) > 0 && native.Uint16(payload[8:])&nudAtHardware != 0 {
			all = append(all, Neighbour{Interface: native.Uint32(payload[4:]), Address: address, Hardware: Hardware(hardware)})
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
