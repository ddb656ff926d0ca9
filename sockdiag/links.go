package sockdiag

import "bytes"

// RTM_NEWLINK of linux/rtnetlink.h: a struct ifinfomsg (family u8, pad u8, type u16,
// index i32, flags u32, change u32, in host byte order) with IFLA_* attributes of
// linux/if_link.h, and flags of linux/if.h. IFLA_LINKINFO holds attributes of its own,
// texts that end in a zero.
const (
	rtmNewLink        = 16
	ifInfoMsgLen      = 16
	ifFlagUp          = 1 << 0
	ifFlagLoopback    = 1 << 3
	iflaAddress       = 1
	iflaIfname        = 3
	iflaMaster        = 10
	iflaLinkInfo      = 18
	iflaInfoKind      = 1
	iflaInfoSlaveKind = 4
	kindVRF           = "vrf"
)

// Link is a network interface.
type Link struct {
	Name string // empty: it was not told
	// VRF is the index of the VRF that it is part of; a device of kind vrf is its own. 0:
	// it is in none.
	VRF uint32
	// Hardware is its hardware address; empty: it has none.
	Hardware Hardware
	Up       bool // it is in use (IFF_UP)
	Loopback bool
}

// Hardware is a hardware address, such as the 6 bytes of Ethernet.
type Hardware string

// Links reads the messages of a dump of RTM_GETLINK, as NETLINK_ROUTE sends them, and
// returns the interfaces by their indices. The errors are those of [InterfaceAddresses].
func Links(dump []byte) (map[uint32]Link, error) {
	all := map[uint32]Link{}
	err := eachOf(dump, rtmNewLink, ifInfoMsgLen, func(payload []byte) {
		attributes, index, flags := payload[ifInfoMsgLen:], native.Uint32(payload[4:]), native.Uint32(payload[8:])
		name, _, _ := bytes.Cut(findAttribute(attributes, iflaIfname), []byte{0})
		all[index] = Link{
			Name: string(name), VRF: vrfOf(index, attributes), Hardware: Hardware(findAttribute(attributes, iflaAddress)),
			Up: flags&ifFlagUp != 0, Loopback: flags&ifFlagLoopback != 0,
		}
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func vrfOf(index uint32, attributes []byte) uint32 {
	info := findAttribute(attributes, iflaLinkInfo)
	switch master := findAttribute(attributes, iflaMaster); {
	case isText(findAttribute(info, iflaInfoKind), kindVRF):
		return index
	case len(master) == 4 && isText(findAttribute(info, iflaInfoSlaveKind), kindVRF):
		return native.Uint32(master)
	}
	return 0
}

// isText reports whether a value is a text that ends in a zero.
func isText(value []byte, text string) bool {
	before, _, _ := bytes.Cut(value, []byte{0})
	return string(before) == text
}
