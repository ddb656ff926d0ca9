package sockdiag

import "bytes"

// RTM_NEWLINK of linux/rtnetlink.h: a struct ifinfomsg (family u8, pad u8, type u16,
// index i32, flags u32, change u32, in host byte order) with IFLA_* attributes of
// linux/if_link.h. IFLA_LINKINFO holds attributes of its own, texts that end in a zero.
const (
	rtmNewLink        = 16
	ifInfoMsgLen      = 16
	iflaMaster        = 10
	iflaLinkInfo      = 18
	iflaInfoKind      = 1
	iflaInfoSlaveKind = 4
	kindVRF           = "vrf"
)

// VRFs reads the messages of a dump of RTM_GETLINK, as NETLINK_ROUTE sends them, and
// returns the VRF of each interface that has one, by index: a device of kind vrf is its
// own. Nil: there is none. The errors are those of [InterfaceAddresses].
func VRFs(dump []byte) (map[uint32]uint32, error) {
	var all map[uint32]uint32
	err := eachOf(dump, rtmNewLink, ifInfoMsgLen, func(payload []byte) {
		attributes := payload[ifInfoMsgLen:]
		info, index := findAttribute(attributes, iflaLinkInfo), native.Uint32(payload[4:])
		vrf := uint32(0)
		switch master := findAttribute(attributes, iflaMaster); {
		case isText(findAttribute(info, iflaInfoKind), kindVRF):
			vrf = index
		case len(master) == 4 && isText(findAttribute(info, iflaInfoSlaveKind), kindVRF):
			vrf = native.Uint32(master)
		default:
			return
		}
		if all == nil {
			all = map[uint32]uint32{}
		}
		all[index] = vrf
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// isText reports whether a value is a text that ends in a zero.
func isText(value []byte, text string) bool {
	before, _, _ := bytes.Cut(value, []byte{0})
	return string(before) == text
}
